"""What the causes that ask "will anybody ever come?" have in common.

A goroutine that waits is idle as a rule. What tells one that is stuck is proof, growth, or age
where nobody who is well stands for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._program import Whose, whose
from snowshed.doctor._semaphores import waits_for
from snowshed.doctor._tasks import label

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Frame

__all__ = [
    "ALL_STAY",
    "MANY",
    "OLD",
    "awaited",
    "grows",
    "is_proven",
    "orphans",
    "proven_or_growing",
    "said_of_orphans",
    "stands_in_program",
    "waiters_of_one",
    "was_asked_about",
]

# So many of a kind are more than a program has at hand, and more than chance.
MANY = 10
# Who has waited for so many minutes where nobody should is in no normal wait.
OLD = 2
# Of those that stood at a place in the list before, so many have to be there still to be called
# stuck, as workers that are busy come back to the same place.
ALL_STAY = 0.95
_WAITING = ("runtime.", "internal/runtime/", "sync.", "internal/sync.", "internal/synctest.")


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
    wait there. And so does the standard library: who calls ``testing.T.Run`` waits for a test.
    """
    waits = next((frame for frame in group.stack if not _only_waits(frame)), None)
    return waits is not None and whose(waits) is Whose.PROGRAM


def _only_waits(frame: Frame) -> bool:
    """Tell whether it is a call that the language has for waiting, whoever makes it."""
    if not frame.file.endswith(".go"):
        return whose(frame) is Whose.RUNTIME
    return frame.function.startswith(_WAITING)


def is_proven(case: Case, group: Group) -> bool:
    """Tell whether it is known that nothing can wake some of ``group``."""
    return bool(group.leaked) or case.all_asleep


def was_asked_about(case: Case, group: Group) -> bool:
    """Tell whether the collector has looked at them, and has not said that nothing can wake them.

    Who came to the place after it was asked, it has not looked at.
    """
    growth = case.growth(group.where)
    asked = case.asked_for_leaks and growth is not None and any(growth.counts[:-1])
    return asked and not group.leaked


def grows(case: Case, group: Group) -> bool:
    """Tell whether there are more of ``group`` from look to look."""
    growth = case.growth(group.where)
    return growth is not None and growth.grows


def awaited(case: Case, group: Group) -> bool:
    """Tell whether who made them waits for all of ``group``, for their WaitGroup.

    Then nobody has left, and there are more of them where more is asked for. If they are stuck, so
    are those who wait, and are told by their own growth.
    """
    makers = {each.parent for each in group.members}
    found = (case.find(maker) for maker in makers)
    return bool(makers) and all(
        maker is not None and waits_for(maker.state, maker.stack) == "sync.WaitGroup.Wait"
        for maker in found
    )


def proven_or_growing(case: Case, state: str) -> Iterator[Group]:
    """Yield each group in ``state`` that has more against it than its state.

    For waits that are idle as a rule, and are told only with proof or growth.
    """
    for group in case.groups:
        if group.where.state == state and (
            group.leaked or (stands_in_program(group) and (case.all_asleep or grows(case, group)))
        ):
            yield group


def waiters_of_one(group: Group) -> float:
    """Return how many of ``group`` wait for the same thing, on average."""
    things = {label(each, "resource_id") or label(each, "resource") for each in group.members}
    return len(group.members) / max(len(things), 1)
