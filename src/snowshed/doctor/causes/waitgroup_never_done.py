"""waitgroup-never-done: ``Wait`` of a WaitGroup whose counter never comes to zero.

Looks for: goroutines that wait in ``sync.WaitGroup.Wait``.

Why: one of those waited for does not call ``Done``: it has returned early without ``defer``, it
panics, it waits itself for something that never comes; or ``Add`` was called once too often.

Evidence: the collector has proven it; there are more from look to look; those that it has started
are stuck; requests have waited there for minutes.

Against: a program that waits for its workers until it ends does the same and is well, above all in
``main``. And requests become more whose work takes long: growth is nothing against them as long as
those that they have started are there.

Silence: ``defer wg.Done()`` as the first statement, or ``wg.Go``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._origin import own_calls
from snowshed.doctor.causes._connections import held_up
from snowshed.doctor.causes._stuck import stuck_children
from snowshed.doctor.causes._waits import grows, is_proven, stands_in_program
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "waitgroup-never-done",
    Cause.CHANNEL_CASCADE,
    why="one of those waited for never calls Done: it has returned without defer, has "
    "panicked, or waits itself",
    go="call Done on every path: defer wg.Done() first, or start the work with wg.Go",
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits for a WaitGroup, and has more against it than that."""
    for group in case.groups:
        if group.where.state != "sync.WaitGroup.Wait":
            continue
        children = stuck_children(case, group)
        inside = stands_in_program(group)
        more = grows(case, group) and not _are_at_work(case, group)
        held = held_up(group)
        told = children or held or (inside and (is_proven(case, group) or more))
        if group.leaked or told:
            yield Suspicion(
                DETAIL,
                group,
                0.6,
                evidence=(*held, *(children[:1] if children else ())),
                related=children[1] if children else (),
            )


def _are_at_work(case: Case, group: Group) -> bool:
    """Tell whether those waited for are there: then it is a flood of work, and it may be done.

    A list tells who made whom. In a profile a function literal bears the name of its maker.
    """
    lineage = case.lineage
    if lineage is not None:
        family = lineage.family
        waiting = {id_ for kind in lineage.kinds_of(group) for id_ in family.kinds[kind].ids}
        made = sum(each.size for each in family.tasks if each.parent in waiting)
    else:
        literals = tuple(f"{frame.function}.func" for frame in own_calls(group.stack))
        made = sum(
            count
            for each in case.groups
            for stack, count in each.counted
            if any(frame.function.startswith(literals) for frame in own_calls(stack))
        )
    return made >= group.count
