"""How wide requests are on average, from a profile, which does not list who made whom.

A service with a hundred thousand goroutines is not asked for a list of them. But a function literal
bears the name of the function around it, so ``main.price.func1`` was started by ``main.price``.
Where calls of that are seen to be under way in handlers, there are so many goroutines to each.

And a pile is worth a word even if nothing tells whose it is.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.doctor._family import BUDGET
from snowshed.doctor._origin import own_calls, serves
from snowshed.doctor._program import Whose, whose
from snowshed.model import StateClass

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Frame, Stack

__all__ = ["Wide", "piles", "wide_on_average"]

# So many at one line, and by so much more from the first look to the last, are a pile.
PILE_FROM, PILE_GROWS_BY = 1000, 1.2
# Connections that clients open are no pile, and who could run is a matter of the run queue.
_NO_PILE = frozenset({StateClass.IO, StateClass.READY, StateClass.RUNNING, StateClass.SYSCALL})
_LITERAL = re.compile(r"\.(?:(?:func|gowrap)\d+|\d+|func\d+-range\d+)$")


@dataclass(frozen=True, slots=True)
class Wide:
    """A function of which each call has started too many.

    Attributes:
        group: where most of those stand.
        tasks: how many there are of them, wherever they stand.
        calls: of the function, that handlers are in.
        at: where these stand.
    """

    group: Group
    tasks: int
    calls: int
    at: Frame

    @property
    def each(self) -> int:
        """How many tasks there are to a call."""
        return self.tasks // self.calls


def wide_on_average(case: Case) -> Iterator[Wide]:
    """Yield each function of the program whose calls have more than `BUDGET` tasks on average.

    Only where nothing lists them one by one, and only functions that a handler is in: the pool that
    ``main`` has started is for all requests together.
    """
    if case.best is None or case.best.listed:
        return
    calls: Counter[str] = Counter()
    places: dict[str, Frame] = {}
    tasks: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for number, group in enumerate(case.groups):
        for stack, count in group.counted:
            if serves(stack):
                for frame in {each.function: each for each in own_calls(stack)}.values():
                    calls[frame.function] += count
                    places.setdefault(frame.function, frame)
            else:
                tasks[_runs(stack)][number] += count
    for maker, found in _by_maker(tasks, calls).items():
        total = found.total()
        if total > BUDGET * calls[maker]:
            ((most, _),) = found.most_common(1)
            yield Wide(case.groups[most], total, calls[maker], places[maker])


def piles(case: Case) -> Iterator[Group]:
    """Yield the lines of the program at which more and more wait, where nothing lists them."""
    if case.best is None or case.best.listed:
        return
    for group in case.groups:
        growth = case.growth(group.where)
        if (
            growth is not None
            and group.count >= PILE_FROM
            and growth.counts[-1] >= PILE_GROWS_BY * growth.counts[0]
            and group.state_class not in _NO_PILE
            and whose(group.where.at) is Whose.PROGRAM
        ):
            yield group


def _by_maker(
    tasks: dict[str, Counter[int]], calls: Counter[str]
) -> defaultdict[str, Counter[int]]:
    """Return, for each function that is called, in which groups those stand that it has started."""
    found: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for literal, counts in tasks.items():
        maker = next((each for each in _around(literal) if each in calls), None)
        if maker is not None:
            found[maker] += counts
    return found


def _around(literal: str) -> Iterator[str]:
    """Yield the functions around a function literal, the next one first."""
    while match := _LITERAL.search(literal):
        literal = literal[: match.start()]
        yield literal


def _runs(stack: Stack) -> str:
    """Return the outermost function of the program's own."""
    own = [*own_calls(stack)]
    return own[-1].function if own else ""
