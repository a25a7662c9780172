"""Who made whom, from the parents that a list of goroutines tells.

A dump says of each goroutine which other has made it, also when that one has ended. So it can be
told what a goroutine has started, and how that stands to it: whether it is still at it, has gone on
to something else, or has left it behind.

That takes care. A goroutine of Go's server serves a connection, one request after the other. What
it has started may belong to the request that runs, to one that is over, or to all that will ever
come, such as a pool that the first request has set up. So of more than `BUDGET` that one has
started at one line it has to be seen that it was one loop: their numbers follow each other, or
their maker waits for them.

Cost: O(goroutines), mostly in loops of C; what is done for each line and each maker takes some
microseconds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from snowshed.doctor._alike import NOT_TOLD
from snowshed.doctor._origin import Line, Origin

if TYPE_CHECKING:
    from snowshed.doctor._alike import Alike

__all__ = ["BUDGET", "Bond", "Family", "Tasks"]

BUDGET: Final = 50
"""Tasks that a request may have: with more of them an avalanche begins."""
# Go gives out the numbers of goroutines in blocks of this size, one to a processor at a time. Of
# tasks that one loop has made and that still live, so many are in a block on average, at least.
BLOCK, BURST_FROM = 16, 6


class Bond(Enum):
    """How a task stands to the goroutine that has made it."""

    HELD = "held"
    """Its maker is still at it."""
    BACK = "back"
    """Its maker serves a connection, and no handler runs in it now."""
    ELSEWHERE = "elsewhere"
    """Its maker does something else, and whether that is for the same request is not known."""
    GONE = "gone"
    """Its maker has ended."""


class Tasks(NamedTuple):
    """Some who are alike and have the same maker.

    Attributes:
        kind: index of those who are alike.
        parent: id of their maker.
        line: that has started them.
        size: how many they are.
    """

    kind: int
    parent: int
    line: Line
    size: int


class Family:
    """Who made whom, as far as one list tells.

    Args:
        kinds: all that are in it.
        whole: whether who is not in it has ended.
        before: who made whom in the list before; None: there is none.

    Attributes:
        origins: for each kind, what its stack tells.
        made: for each kind its makers, and how many each has made.
        tasks: those that the program has started, by kind and maker.
        served: for each kind that serves requests or connections, how many do.
        gone: ids of makers that have ended.
        started: for each line how many were started there, by maker.
    """

    def __init__(
        self, kinds: Sequence[Alike], *, whole: bool = True, before: Family | None = None
    ) -> None:
        self.kinds = kinds
        self._before = before
        self.origins = [*map(Origin, kinds)]
        # Equal ones made the same: whoever looks one up has not to compare them part by part.
        same: dict[Line, Line] = {}
        for origin in self.origins:
            if origin.line is not None:
                origin.line = same.setdefault(origin.line, origin.line)
        self.served: Counter[int] = Counter()
        self.made = made = [Counter(kind.parents) for kind in kinds]
        makers = {parent for parents in made for parent in parents if parent != NOT_TOLD}
        self._kind_of, self._parent_of = _places(kinds, makers)
        self.gone = frozenset(makers - self._kind_of.keys()) if whole else frozenset()
        self._accept = {kind for kind, each in enumerate(self.origins) if each.accepts_in}
        self.tasks: list[Tasks] = []
        self.started: dict[Line, dict[int, int]] = defaultdict(dict)
        self._by_kind: dict[int, list[Tasks]] = {}
        self._by_line: dict[Line, list[Tasks]] = defaultdict(list)
        for kind, parents in enumerate(made):
            self._take(kind, parents)
        self._bursts = {line: self._bursts_at(line) for line in self.started}

    def _take(self, kind: int, parents: Counter[int]) -> None:
        """Take up who of that kind serves, and who is a task."""
        line = self.origins[kind].line
        if self.origins[kind].serves:
            self.served[kind] += parents.total()
            return
        if line is None:
            return
        found = self._by_kind[kind] = []
        started = self.started[line]
        for parent, count in parents.items():
            if self._accept and self.serves(kind, parent):
                self.served[kind] += count
            elif parent != NOT_TOLD:
                found.append(Tasks(kind, parent, line, count))
                started[parent] = started.get(parent, 0) + count
        self.tasks += found
        self._by_line[line] += found

    def started_at(self, line: Line) -> Sequence[Tasks]:
        """Return the tasks that were started at ``line``."""
        return self._by_line.get(line, ())

    def ids_of(self, line: Line) -> set[int]:
        """Return the ids of all that were made at ``line``."""
        kinds = {each.kind for each in self.started_at(line)}
        return {id_ for kind in kinds for id_ in self.kinds[kind].ids}

    def of(self, kind: int) -> Sequence[Tasks]:
        """Return the tasks of that kind, by their makers."""
        return self._by_kind.get(kind, ())

    def maker(self, id: int) -> Origin | None:  # noqa: A002 - the word for it
        """Return what is known of a maker; None if it is not in the list."""
        kind = self._kind_of.get(id)
        return None if kind is None else self.origins[kind]

    def made_by(self, id: int) -> tuple[int, int] | None:  # noqa: A002 - the word for it
        """Return the kind of a maker, and the id of its own; None if it is not in the list."""
        kind = self._kind_of.get(id)
        return None if kind is None else (kind, self._parent_of[id])

    def serves(self, kind: int, parent: int) -> bool:
        """Tell whether one of that kind, and with that maker, serves a request or a connection."""
        origin, maker = self.origins[kind], self.maker(parent)
        if origin.serves or maker is None or origin.line is None:
            return origin.serves
        return maker.accepted(origin.line.at)

    def bond(self, tasks: Tasks) -> Bond:
        """Return how ``tasks`` stand to their maker."""
        maker = self.maker(tasks.parent)
        if maker is None:
            return Bond.GONE if tasks.parent in self.gone else Bond.ELSEWHERE
        if maker.between_requests:
            return Bond.BACK
        inside = maker.stands_in(tasks.line)
        waits = maker.waits_for_tasks or maker.waits_at_channel
        if self.started[tasks.line][tasks.parent] <= BUDGET:
            held = inside or waits
        elif maker.serves and self._adds_up(tasks):
            held = False
        elif inside:
            held = waits or self.is_burst(tasks)
        else:
            # What was started once, by a call that is over, may be a pool for all requests.
            once = len(self.started[tasks.line]) == 1
            held = not once and (maker.waits_for_tasks or self.is_burst(tasks))
        return Bond.HELD if held else Bond.ELSEWHERE

    def _adds_up(self, tasks: Tasks) -> bool:
        """Tell whether their maker had some of them in the list before, and has more of them now.

        A loop makes its tasks in a moment. Who serves one request after the other at a connection,
        and leaves something behind at each, has a few more each time.
        """
        before = self._before
        there = 0 if before is None else before.started.get(tasks.line, {}).get(tasks.parent, 0)
        return 0 < there < self.started[tasks.line][tasks.parent]

    def is_burst(self, tasks: Tasks) -> bool:
        """Tell whether all that their maker has started there were made one right after the other.

        It is told of more than `BUDGET` only, by their numbers.
        """
        return tasks.parent in self._bursts[tasks.line]

    def _bursts_at(self, line: Line) -> frozenset[int]:
        """Return the makers that have started many at ``line``, and at once."""
        started = self.started[line]
        blocks = {parent: set[int]() for parent, count in started.items() if count > BUDGET}
        for kind in {each.kind for each in self._by_line[line]} if blocks else ():
            alike = self.kinds[kind]
            for id_, parent in zip(alike.ids, alike.parents, strict=True):
                if parent in blocks:
                    blocks[parent].add((id_ - 1) // BLOCK)
        return frozenset(
            parent for parent, those in blocks.items() if started[parent] >= BURST_FROM * len(those)
        )


def _places(kinds: Sequence[Alike], wanted: set[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Return of those who are wanted, by id, the kind and the parent."""
    kind_of: dict[int, int] = {}
    parent_of: dict[int, int] = {}
    for kind, alike in enumerate(kinds):
        here = wanted.intersection(alike.ids)
        kind_of.update(dict.fromkeys(here, kind))
        if here:
            pairs = zip(alike.ids, alike.parents, strict=True)
            parent_of.update((id_, parent) for id_, parent in pairs if id_ in here)
    return kind_of, parent_of
