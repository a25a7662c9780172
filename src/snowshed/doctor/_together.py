"""Several worker processes of one service, as one patient.

Eight workers that each leak a little are one fault and not eight. So what they were doing at one
moment becomes one look: counts are added up, and each task says of which process it is. Ids may be
the same in two processes, which began as copies of one, so they are told apart here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from snowshed.doctor._looks import MEMBERS_AT_MOST, Group, Look, Where
from snowshed.doctor._tasks import Facts, of_process

if TYPE_CHECKING:
    from snowshed.model import Frame

__all__ = ["together"]


def together(source: str, workers: Sequence[tuple[str, Sequence[Look]]]) -> tuple[Look, ...]:
    """Return the looks at a service of several processes.

    Args:
        source: what to call it in messages.
        workers: the name of each process, and the looks at it, the oldest first, which were made at
            about the same moments.

    Where one process was not listed, no list is complete, and none is returned.
    """
    tagged = [
        (name, [_of_process(look, number, name) for look in looks])
        for number, (name, looks) in enumerate(workers)
    ]
    if len(tagged) == 1:
        return tuple(tagged[0][1])
    found: list[Look] = []
    kinds: tuple[Callable[[Look], bool], ...] = (
        lambda look: not look.listed and not look.only_leaks,
        lambda look: look.only_leaks,
        lambda look: look.listed,
    )
    for kind in kinds:
        moments = zip(*([*filter(kind, looks)] for _, looks in tagged), strict=False)
        found += [_one(f"{source} ({len(tagged)} processes)", moment) for moment in moments]
    return tuple(found)


def _of_process(look: Look, number: int, name: str) -> Look:
    def tag(groups: Iterable[Group]) -> tuple[Group, ...]:
        return tuple(
            replace(group, members=[of_process(each, number, name) for each in group.members])
            for group in groups
        )

    facts = None if look.facts is None else look.facts.of_process(number)
    return replace(look, groups=tag(look.groups), ended=tag(look.ended), facts=facts)


def _one(source: str, looks: Sequence[Look]) -> Look:
    first = looks[0]
    facts = reduce(Facts.and_, (look.facts for look in looks if look.facts), Facts())
    return replace(
        first,
        source=source,
        groups=_added_up(group for look in looks for group in look.groups),
        ended=_added_up(group for look in looks for group in look.ended),
        facts=facts or None,
        partial=any(look.partial for look in looks),
        process=0,
    )


def _added_up(groups: Iterable[Group]) -> tuple[Group, ...]:
    found: dict[tuple[Where, Frame | None], Group] = {}
    for group in groups:
        key = group.where, group.created_by
        other = found.get(key)
        if other is None:
            found[key] = replace(group, members=[*group.members])
            continue
        other.count += group.count
        other.leaked += group.leaked
        other.minutes = max(other.minutes, group.minutes)
        other.members += group.members[: MEMBERS_AT_MOST - len(other.members)]
    return tuple(sorted(found.values(), key=lambda group: -group.count))
