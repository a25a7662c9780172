"""Who waits for goroutines that it has made, and that are stuck themselves."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from snowshed.doctor._case import Case, once
from snowshed.doctor.causes._blame import blames_of
from snowshed.doctor.causes._locks import LOCK_STATES
from snowshed.doctor.causes._waits import OLD
from snowshed.model import Related

if TYPE_CHECKING:
    from snowshed.doctor._looks import Group
    from snowshed.model import Frame

__all__ = ["stuck_children"]


def stuck_children(case: Case, group: Group) -> tuple[str, tuple[Related, ...]] | None:
    """Return how many that ``group`` has made are stuck, and where; None if none is.

    Who waits for a lock that another seems to hold for ever, or waits for minutes for somebody, as
    ``group`` does for them, is.
    """
    stuck = _stuck_by_maker(case)
    count = 0
    places: dict[Frame, Related] = {}
    for each in group.members:
        for other, blamed in stuck.get(each.id, ()):
            if other is not group and (blamed or group.minutes >= OLD):
                at = other.where.at
                count += 1
                places[at] = Related(at, f"made by it, and waits: {other.where.state}")
    if not count:
        return None
    who = "one that it made waits itself" if count == 1 else f"{count:,} it made wait themselves"
    return who, tuple(places.values())[:3]


@once
def _stuck_by_maker(case: Case) -> dict[int, list[tuple[Group, bool]]]:
    """Return, by who made it, the group of each that is stuck, and whether a lock is to blame."""
    found: dict[int, list[tuple[Group, bool]]] = defaultdict(list)
    blamed = {id(blame.group) for blame in blames_of(case) if blame.is_shown}
    for group in case.groups:
        sends = group.where.state == "chan send" or group.where.state in LOCK_STATES
        if id(group) in blamed or (sends and group.minutes >= OLD):
            for each in group.members:
                if each.parent is not None:
                    found[each.parent].append((group, id(group) in blamed))
    return found
