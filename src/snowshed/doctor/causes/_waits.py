"""What the causes that ask "will anybody ever come?" have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._program import Whose, whose
from snowshed.doctor._tasks import label

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = [
    "orphans",
    "proven_or_growing",
    "said_of_orphans",
    "stands_in_program",
    "waiters_of_one",
]


def orphans(case: Case, group: Group) -> int:
    """Return how many of ``group`` were made by a goroutine that has ended.

    Zero if the look has not listed all: who is not found may be there.
    """
    lineage = case.lineage
    if lineage is None:
        return 0
    family = lineage.family
    made = (family.made[kind] for kind in lineage.kinds_of(group))
    return sum(count for parents in made for id_, count in parents.items() if id_ in family.gone)


def said_of_orphans(case: Case, group: Group) -> tuple[str, ...]:
    """Return the line that says it; nothing if there are none."""
    number = orphans(case, group)
    if not number:
        return ()
    who = "who made it has ended" if number == 1 else f"who made {number:,} of them has ended"
    return (f"{who}: the other side of the wait may have gone with it",)


def stands_in_program(group: Group) -> bool:
    """Tell whether the wait itself is written in the program, and not in a library of its own.

    What a library waits for inside is its own affair: pools, connections and servers that are idle
    wait there.
    """
    waits = next((frame for frame in group.stack if whose(frame) is not Whose.RUNTIME), None)
    return waits is not None and whose(waits) is Whose.PROGRAM


def proven_or_growing(case: Case, state: str) -> Iterator[Group]:
    """Yield each group in ``state`` that has more against it than its state.

    For waits that are idle as a rule, and are told only with proof or growth.
    """
    for group in case.groups:
        if group.where.state == state and stands_in_program(group):
            growth = case.growth(group.where)
            if group.leaked or case.all_asleep or (growth is not None and growth.grows):
                yield group


def waiters_of_one(group: Group) -> float:
    """Return how many of ``group`` wait for the same thing, on average."""
    things = {label(each, "resource_id") or label(each, "resource") for each in group.members}
    return len(group.members) / max(len(things), 1)
