"""double-lock: a goroutine waits for a lock that it holds itself.

Looks for: a wait for a mutex whose object two or more calls of the same goroutine work on.

Why: a method that has locked calls another that locks too. Go's locks are not re-entrant, so it
waits for itself, and everybody else for it. Mostly the second call hides in a helper, a callback,
or an early return that forgot to unlock.

Evidence: the same receiver in two calls of one stack; or the wait is proven, or minutes old, and
nobody else is seen who could hold the lock. Whoever waits behind it for the same lock is told, too.

Against: the outer call may have unlocked before. It has if two wait at the end of the same path, as
the first of them would have kept the second out.

Silence: split the inner method in two, one that locks and one that expects the lock; unlock by
``defer``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail
from snowshed.doctor.causes._blame import suspicions_of
from snowshed.doctor.causes._python_locks import taken_twice
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._cause import Suspicion

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "double-lock",
    Cause.CHANNEL_CASCADE,
    why="locks of Go are not re-entrant: who locks again below a call that has locked waits "
    "for itself, and everybody else for it",
    go="do not lock again below a call that has locked: split the method in one that locks and one "
    "that expects the lock, and unlock by defer on every path",
    python="asyncio.Lock is not re-entrant: split the function in one that takes the lock and one "
    "that expects it",
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group of which one works twice on the object whose lock it waits for."""
    yield from suspicions_of(case, DETAIL)
    yield from taken_twice(case, DETAIL)
