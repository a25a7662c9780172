"""Locks of Python that nobody gives back, from the graph of waits that a service tells.

An ``asyncio.Lock`` does not know who has it. But nearly all code takes a lock and uses it in one
function. So while some wait at the line that takes it, whoever stands further on in the same
function seems to have it, and the service says where that one waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._looks import Group, Where
from snowshed.formats.goroutines import class_of
from snowshed.model import Related, StateClass, TaskState

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._tasks import Knot, Lock
    from snowshed.model import Frame

__all__ = ["held_too_long", "in_a_circle", "taken_twice"]

LOCK = str(TaskState.LOCK)
# Who runs, or could, will go on.
_GOES_ON = frozenset({StateClass.RUNNING, StateClass.READY, StateClass.ENDED, StateClass.OTHER})


def taken_twice(case: Case, detail: Detail) -> Iterator[Suspicion]:
    """Yield each group that waits for a lock which one of them seems to have already."""
    for group, lock in _waits(case):
        if lock.holder is not None and lock.holder_state == LOCK:
            yield Suspicion(
                detail,
                group,
                0.7,
                waiting_is_wrong=True,
                evidence=(_behind(lock), "who seems to have it waits for a lock itself"),
                related=(Related(lock.holder, "it is taken, and waited for again, from here"),),
            )


def held_too_long(case: Case, detail: Detail) -> Iterator[Suspicion]:
    """Yield each group that waits for a lock whose holder waits for something else."""
    for group, lock in _waits(case):
        if lock.holder is None or lock.holder_state == LOCK:
            continue
        if class_of(lock.holder_state) not in _GOES_ON:
            yield Suspicion(
                detail,
                group,
                0.65,
                waiting_is_wrong=True,
                evidence=(_behind(lock),),
                against=("who holds a lock is not told, but seen by where it stands",),
                related=(Related(lock.holder, f"held here, it seems, in {lock.holder_state!r}"),),
            )


def in_a_circle(case: Case, detail: Detail) -> Iterator[Suspicion]:
    """Yield who waits for what is held by somebody who waits, through others, for them."""
    for knot in _knots(case):
        tasks = [(name, at, id_) for name, at, id_ in knot.steps if at is not None]
        if not tasks:
            continue
        places = list(dict.fromkeys(at for _, at, _ in tasks))
        said = " -> ".join(name for name, _, _ in [*knot.steps, knot.steps[0]])
        yield Suspicion(
            detail,
            _group_at(case, places[0]),
            0.9,
            proven=True,
            evidence=(f"each waits for the next: {said}",),
            related=tuple(Related(at, "so does this") for at in places[1:4]),
        )


def _waits(case: Case) -> Iterator[tuple[Group, Lock]]:
    """Yield each group that waits for a lock, with what is told of that lock."""
    told = next((each.locks for each in reversed(case.facts) if each.locks is not None), ())
    for group in case.groups:
        if group.where.state == LOCK:
            found = next((each for each in told if _stands_at(group, each.at)), None)
            if found is not None:
                yield group, found


def _knots(case: Case) -> Iterator[Knot]:
    told = next((each.knots for each in reversed(case.facts) if each.knots is not None), ())
    return (knot for knot in told if knot.through_resource)


def _behind(lock: Lock) -> str:
    return f"{lock.behind:,} wait behind {lock.text}"


def _stands_at(group: Group, at: Frame | None) -> bool:
    return at is not None and any(
        (each.file, each.line) == (at.file, at.line) for each in group.stack
    )


def _group_at(case: Case, at: Frame) -> Group:
    found = (g for g in case.groups if g.where.state == LOCK and _stands_at(g, at))
    return next(found, Group(Where(LOCK, at), LOCK, (at,), count=1))
