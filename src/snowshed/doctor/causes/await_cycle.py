"""await-cycle: tasks of Python wait, through each other, for themselves.

Looks for: tasks that await each other in a circle, of which each waits for all that it awaits; as
the service tells it of each task (``await cycle``), or in its graph of waits.

Why: two pieces of work that are cached, or looked up, as tasks each need the other; asyncio waits
without a word. Whoever asks for one of them waits behind.

Evidence: the circle itself, task by task: it is a proof. How many others wait behind it.

Against: a timeout in block form, ``asyncio.timeout()``, around one of the waits leaves no trace in
what is awaited; it would break the circle. Tasks that stand in one look and not in the next are not
told.

Silence: none is needed in a program that is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._tasks import awaited, label
from snowshed.model import Cause, Related, TaskState

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Goroutine

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "await-cycle",
    Cause.CHANNEL_CASCADE,
    why="each of these tasks awaits, through the others, itself: none of them can ever end",
    go="",
    python="break the circle where the work is planned: look for a part that is already being "
    "waited for, and fail; a timeout around the outermost wait ends it at least",
)
# Of a circle so many tasks are named, and so many other places.
STEPS, PLACES = 6, 4


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield the largest group of each circle, with the others."""
    groups = [group for group in case.groups if group.where.state == TaskState.AWAIT_CYCLE]
    for circle in _connected(groups):
        group = circle[0]
        stayed = case.stayed(group)
        listed_before = case.still_there(group.where) is not None
        if listed_before and not stayed:
            continue  # a look takes a moment, and who waits for whom may change meanwhile
        against = () if stayed else ("a timeout around one of them (asyncio.timeout) would end it",)
        yield Suspicion(
            DETAIL,
            group,
            0.97 if stayed else 0.9,
            proven=True,
            evidence=tuple(_said(case, circle)),
            against=against,
            related=tuple(Related(other.at, "so do these") for other in circle[1 : PLACES + 1]),
        )


def _connected(groups: list[Group]) -> Iterator[list[Group]]:
    """Yield the groups whose tasks are in circles with each other, the largest first."""
    group_of = {each.id: number for number, group in enumerate(groups) for each in group.members}
    others: dict[int, set[int]] = defaultdict(set)
    for number, group in enumerate(groups):
        for task in group.members:
            for id_ in awaited(task):
                if id_ in group_of:
                    others[number].add(group_of[id_])
                    others[group_of[id_]].add(number)
    seen: set[int] = set()
    for number in range(len(groups)):
        if number not in seen:
            part = [number]
            for each in part:
                part.extend(sorted(others[each].difference(part)))
            seen.update(part)
            yield sorted((groups[each] for each in part), key=lambda group: -group.count)


def _said(case: Case, circle: list[Group]) -> Iterator[str]:
    by_id = {each.id: each for group in circle for each in group.members}
    names = [*_ring(by_id)]
    if names:
        shown = names if len(names) <= STEPS else [*names[: STEPS - 1], "..."]
        yield f"{', which awaits '.join([*shown, names[0]])}"
    tasks = sum(group.count for group in circle)
    if len(circle) > 1:
        yield f"{tasks:,} tasks at {len(circle)} places are in such circles"
    behind = _behind(case, set(by_id))
    if behind:
        yield f"{behind:,} more wait behind them"


def _ring(by_id: dict[int, Goroutine]) -> Iterator[str]:
    """Yield the names of the tasks of one circle, in the order in which they wait."""
    each = next(iter(by_id.values()), None)
    path: dict[int, Goroutine] = {}
    while each is not None and each.id not in path:
        path[each.id] = each
        each = next((by_id[id_] for id_ in awaited(each) if id_ in by_id), None)
    if each is not None:
        # What leads into the circle is no part of it.
        ids = [*path]
        yield from (label(path[id_], "name") or str(id_) for id_ in ids[ids.index(each.id) :])


def _behind(case: Case, circle: set[int]) -> int:
    """Return how many wait for those of ``circle``, directly or through others."""
    waiters: dict[int, list[int]] = defaultdict(list)
    for each in _tasks(case):
        for id_ in awaited(each):
            waiters[id_].append(each.id)
    found, line = set(circle), [*circle]
    for id_ in line:
        fresh = [each for each in waiters[id_] if each not in found]
        found.update(fresh)
        line.extend(fresh)
    return len(found) - len(circle)


def _tasks(case: Case) -> Iterable[Goroutine]:
    return (each for group in case.groups for each in group.members)
