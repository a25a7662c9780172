"""Who stands where in one list, to be found again in another.

A goroutine has its number for as long as it lives, so two sets of numbers tell who has stayed, of
all of them, however many there are. A task of Python is told by its address, which is soon that of
another: it has to have the same name and age, too, and of those only the members that a group keeps
are known so well.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from snowshed.doctor._program import is_python
from snowshed.doctor._tasks import born, label

if TYPE_CHECKING:
    from snowshed.doctor._looks import Group, Look, Where
    from snowshed.model import Frame, Goroutine

__all__ = ["Places", "how_many"]

# When a task was made, two looks tell alike but for what a look takes, in seconds.
BORN_WITHIN = 1.0


class _Known(NamedTuple):
    """By what a task of Python is known again."""

    name: str
    born: float | None

    def is_same(self, other: _Known | None) -> bool:
        if other is None or other.name != self.name:
            return False
        if self.born is None or other.born is None:
            return True
        return abs(self.born - other.born) < BORN_WITHIN


class Places:
    """Who stands where in one list.

    Args:
        look: which has listed them.
    """

    def __init__(self, look: Look) -> None:
        self._groups: dict[Where, list[Group]] = defaultdict(list)
        for group in (*look.groups, *look.ended):
            self._groups[group.where].append(group)

    def at(self, where: Where) -> tuple[Group, ...]:
        """Return the groups at a place."""
        return tuple(self._groups.get(where, ()))

    def count(self, where: Where, created_by: Frame | None) -> int:
        """Return how many stand at a place and were made at that line."""
        return sum(each.count for each in self.at(where) if each.created_by == created_by)

    def still(self, groups: tuple[Group, ...], where: Where) -> set[int]:
        """Return the ids of those in ``groups`` that stand at ``where`` in this list.

        Cost: O(how many they are, and how many stand there).
        """
        here = self.at(where)
        if not is_python(where.at):
            return _ids(groups) & _ids(here)
        known = {each.id: _known(each) for group in here for each in group.members}
        members = (each for group in groups for each in group.members)
        return {each.id for each in members if _known(each).is_same(known.get(each.id))}


def how_many(groups: tuple[Group, ...]) -> int:
    """Return how many of ``groups`` can be known again."""
    if groups and is_python(groups[0].where.at):
        return sum(len(group.members) for group in groups)
    return len(_ids(groups))


def _ids(groups: tuple[Group, ...]) -> set[int]:
    return {id_ for group in groups for kind in group.kinds for id_ in kind.ids}


def _known(each: Goroutine) -> _Known:
    return _Known(label(each, "name"), born(each)) if each.labels else _Known("", None)
