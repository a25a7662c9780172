"""Groups of tasks from several processes, as one list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

from snowshed.cli._table import Column
from snowshed.observe._waits import duration

__all__ = ["SORTS", "Group", "columns", "merge", "row", "shown", "sort"]

_PLACE = re.compile(r"(.+):([0-9]+) (.+)", re.DOTALL)
_NOTHING = "-"
# What groups can be sorted by, beside what they are alike in.
SORTS = ("count", "oldest", "growth")


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks that are alike.

    Attributes:
        key: what they are alike in.
        count: how many there are.
        oldest: age of the oldest, in seconds; None if unknown.
        processes: in how many processes.
    """

    key: tuple[str, ...]
    count: int
    oldest: float | None
    processes: int

    def as_dict(self, by: Sequence[str]) -> dict[str, object]:
        """Return it for JSON, what it is alike in by name."""
        facts = asdict(self)
        del facts["key"]
        names = (name.replace("-", "_") for name in by)
        return {**facts, **dict(zip(names, self.key, strict=True))}


def merge(documents: Iterable[Mapping[str, Any]], by: Sequence[str]) -> list[Group]:
    """Return the groups of all processes; most tasks first.

    Args:
        documents: one of each process, with its ``groups``.
        by: what they were grouped by.
    """
    found: dict[tuple[str, ...], Group] = {}
    names = [name.replace("-", "_") for name in by]
    for document in documents:
        for group in document["groups"]:
            key = tuple(str(group.get(name, "")) for name in names)
            other = found.get(key) or Group(key, 0, None, 0)
            ages = [age for age in (other.oldest, group["oldest"]) if age is not None]
            oldest = max(ages, default=None)
            count = other.count + group["count"]
            found[key] = Group(key, count, oldest, other.processes + 1)
    return sort(found.values(), "count")


def sort(
    groups: Iterable[Group],
    order: str,
    by: Sequence[str] = (),
    before: Mapping[tuple[str, ...], int] | None = None,
) -> list[Group]:
    """Return the groups in order: the largest first, or in alphabetical order.

    Args:
        groups: what to sort.
        order: one of `SORTS`, or of ``by``.
        by: what the groups are alike in.
        before: counts of the look before, by key; for ``growth``.
    """
    if order in SORTS:
        counts = before or {}
        rank: Mapping[str, Callable[[Group], float]] = {
            "count": lambda group: group.count,
            "oldest": lambda group: -1.0 if group.oldest is None else group.oldest,
            "growth": lambda group: group.count - counts.get(group.key, 0),
        }
        return sorted(groups, key=rank[order], reverse=True)
    place = by.index(order)
    return sorted(groups, key=lambda group: (group.key[place], -group.count))


def columns(by: Sequence[str], processes: int) -> list[Column]:
    """Return the columns of a table of groups."""
    several = [Column("in", right=True)] if processes > 1 else []
    titles = [Column(name.replace("-", " ")) for name in by]
    return [Column("count", right=True), *several, *titles, Column("oldest", right=True)]


def row(group: Group, processes: int) -> list[str]:
    """Return the cells of a group for `columns`."""
    several = [str(group.processes)] if processes > 1 else []
    oldest = _NOTHING if group.oldest is None else duration(group.oldest)
    return [f"{group.count:,}", *several, *map(shown, group.key), oldest]


def shown(text: str) -> str:
    """Return a value for a table: of a place in the code only the end of its path."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return text or _NOTHING
    file, line, function = found.groups()
    return f"{'/'.join(PurePath(file).parts[-2:])}:{line} {function}"
