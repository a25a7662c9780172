"""double-lock: a goroutine waits for a lock that it holds itself.

Looks for: a wait for a mutex whose object two or more calls of the same goroutine work on.

Why: a method that has locked calls another that locks too. Go's locks are not re-entrant, so it
waits for itself, and everybody else for it. Mostly the second call hides in a helper, a callback,
or an early return that forgot to unlock.

Evidence: the same receiver in two calls of one stack; proof of the collector; nobody else is seen
who could hold it.

Against: the outer call may have unlocked before.

Silence: split the inner method in two, one that locks and one that expects the lock; unlock by
``defer``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._locks import locks_of
from snowshed.model import Cause, Related

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor.causes._locks import LockWait
    from snowshed.model import Frame

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "double-lock",
    Cause.CHANNEL_CASCADE,
    why="locks of Go are not re-entrant: who locks again below a call that has locked waits "
    "for itself, and everybody else for it",
    go="do not lock again below a call that has locked: split the method in one that locks and one "
    "that expects the lock, and unlock by defer on every path",
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group of which one works twice on the object whose lock it waits for."""
    locks = locks_of(case)
    for group in locks.groups():
        calls = _calls_on_the_same_object(locks.of(group))
        if calls:
            yield Suspicion(
                DETAIL,
                group,
                0.6,
                waiting_is_wrong=True,
                evidence=("a call further out works on the same object",),
                against=("the outer call may have unlocked before",),
                related=(Related(calls[-1], "the lock may have been taken here"),),
            )
        elif locks.proven() == [group]:
            said = "nobody else is seen who could hold the lock"
            yield Suspicion(DETAIL, group, 0.3, evidence=(said,))


def _calls_on_the_same_object(waits: Sequence[LockWait]) -> tuple[Frame, ...]:
    """Return the calls of the first that has more than one on the object whose lock it wants."""
    for wait in waits:
        calls = () if wait.lock is None else wait.inside(wait.lock)
        if len(calls) > 1:
            return calls
    return ()
