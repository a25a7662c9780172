"""The tasks that one line has made on one loop and that live, at next to no cost for each.

Counting them exactly takes a callback at each end, which makes a task half as dear again. So weak
references to them stand in a list, *young*, that is looked through when it reaches a mark, as in a
`TaskBudget`: below that, a spawn costs an append.

Ten times in a second the list is *closed*: what still lives grows *old*, and only an old task gets
a callback at its end. The time at which it grew old is its age, to a tenth of a second; no spawn
reads a clock.

References are weak because a strong one changes what it looks at. A forgotten task would live that
Python would have collected, with the warning that its owner should see; an ended one would keep its
result. And whoever drops the last reference runs the finalizers, which belong to the loop's thread.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import call, is_, not_
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

if TYPE_CHECKING:
    from snowshed.observe._registry._site import Site

AnyTask: TypeAlias = "asyncio.Task[Any]"
TaskRef: TypeAlias = "ref[asyncio.Task[Any]]"

FIRST_MARK = 64
NEVER = sys.maxsize
# The base method: what a subclass has made of it is its own affair.
_DONE = asyncio.Task.done


class LiveTasks:
    """What one line has made on one loop. `young` and `mark` are for the task factory.

    In a flood only some tasks are noted. Each then stands for several, and the counts are weighted.

    Attributes:
        site: the line.
        young: tasks that were noted a moment ago, ended ones included.
        mark: the length of ``young`` at which it has to be looked through.
        closing: tasks of the interval that was closed last which were not looked at yet, weighted.
        old: tasks that live and have grown old, weighted.
        created: how many were made until the last close since the loop last stopped, weighted.
        peak: the most that lived at once in that time, as far as looks have shown.
    """

    __slots__ = (
        "_ended",
        "_peak",
        "_rising",
        "closing",
        "created",
        "mark",
        "old",
        "peak",
        "site",
        "young",
    )

    def __init__(self, site: Site) -> None:
        self.site = site
        self.young: list[TaskRef] = []
        self.mark = FIRST_MARK
        self.closing = self.old = self.created = self.peak = 0.0
        # Of the interval that is open: noted ones that are gone, and the most that lived at once.
        self._ended = 0
        self._peak = 0
        self._rising = True

    @property
    def noted(self) -> int:
        """Tasks noted since the last close."""
        return self._ended + len(self.young)

    def sweep(self) -> None:
        """Take out of the young ones what has ended, as their mark is reached."""
        # A finalizer may make tasks meanwhile. They are appended, looked at the next time, and do
        # not begin another sweep.
        self.mark = NEVER
        young = self.young[:]
        alive = [each for each in young if lives(each())]
        ended = len(young) - len(alive)
        peak = len(alive)
        if ended and self._rising:
            # Were the count rising until the last ended task was born, that many lived at once.
            peak = max(peak, _last_ended(young) + 1)
        self._rising = ended <= len(alive)
        self._ended += ended
        self._peak = max(self._peak, peak)
        # In place: the factory may be about to append to this very list.
        self.young[: len(young)] = alive
        self.mark = max(FIRST_MARK, 2 * len(alive))

    def close(self, weight: float) -> list[TaskRef]:
        """End the interval, whose tasks count ``weight`` each; return those that may be alive."""
        self.sweep()
        self.peak = max(self.peak, self.old + self._peak * weight)
        fresh: list[TaskRef] = []
        # From here on nothing lets a finalizer or another thread in until all is moved.
        remaining, self.young = self.young, fresh
        alive = len(remaining)
        self.created += (self._ended + alive) * weight
        self.closing += alive * weight
        self._ended = self._peak = 0
        self.mark = FIRST_MARK
        return remaining

    def grow_old(self, weight: float) -> None:
        """Count one of those that were closed as old."""
        self.closing -= weight
        self.old += weight

    def fold(self) -> None:
        """Hand the totals over, as the loop has stopped; what lives is still counted here."""
        created, peak = self.created, self.peak
        self.created = self.peak = 0.0
        self.site.fold(created, peak)

    def totals(self) -> tuple[float, float]:
        """Return how many were made since the loop last stopped, and how many live.

        From any thread. Costs 0.1 us for each young task.
        """
        while True:
            young = self.young
            alive = _alive_in(young)
            # These belong together: nothing gives the interpreter away before the sum is there.
            created = self.created + self._ended + len(young)
            live = self.old + self.closing + sum(alive)
            if self.young is young:
                return created, live
            # The interval was closed in between, and its tasks were counted twice.

    def has_young(self, task: object) -> bool:
        """Tell whether ``task`` is among the young; from any thread."""
        # Without a step in which another thread can run, as in `_alive_in`.
        return any(map(is_, map(call, self.young), repeat(task)))


class OldTask(ref["asyncio.Task[Any]"]):
    """A weak reference to a task that has grown old, and what is known of it.

    Attributes:
        key: the ``id`` of the task.
        born: when it was made, on the monotonic clock, in seconds.
        live: what it counts in.
        weight: as how many.
    """

    __slots__ = ("born", "key", "live", "weight")

    key: int
    born: float
    live: LiveTasks
    weight: float

    def end(self) -> None:
        """Count it as no more."""
        self.live.old -= self.weight


def lives(task: AnyTask | None) -> bool:
    """Tell whether what a weak reference gives is there and has not ended."""
    return task is not None and not _DONE(task)


def _alive_in(young: Iterable[TaskRef]) -> Iterable[bool]:
    """Return an iterator that gives True for each task that lives.

    It never runs a line of Python, so whoever sums it up does not give the interpreter away, and
    cannot be left with the last reference to a task of another thread, see decision 14.
    """
    return map(not_, map(_DONE, filter(None, map(call, young))))


def _last_ended(young: Sequence[TaskRef]) -> int:
    index = len(young) - 1
    while lives(young[index]()):
        index -= 1
    return index
