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
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

if TYPE_CHECKING:
    from snowshed.observe._registry._site import Site

AnyTask: TypeAlias = "asyncio.Task[Any]"
TaskRef: TypeAlias = "ref[asyncio.Task[Any]]"

FIRST_MARK = 64


class LiveTasks:
    """What one line has made on one loop. `young` and `mark` are for the task factory.

    In a flood only some tasks are noted. Each then stands for several, and the counts are weighted.

    Attributes:
        site: the line.
        young: tasks that were noted a moment ago, ended ones included.
        mark: the length of ``young`` at which it has to be looked through.
        closing: tasks of the interval that was closed last which were not looked at yet, weighted.
        old: tasks that live and have grown old, weighted.
        created: how many were made until the last close since the loop began to run, weighted.
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
        young = self.young
        alive = [each for each in young if lives(each())]
        ended = len(young) - len(alive)
        peak = len(alive)
        if ended and self._rising:
            # Were the count rising until the last ended task was born, that many lived at once.
            peak = max(peak, _last_ended(young) + 1)
        self._rising = ended <= len(alive)
        self._ended += ended
        self._peak = max(self._peak, peak)
        self.young = alive
        self.mark = max(FIRST_MARK, 2 * len(alive))

    def close(self, weight: float) -> list[TaskRef]:
        """End the interval, whose tasks count ``weight`` each; return those that may be alive."""
        self.sweep()
        noted, remaining = self.noted, self.young
        self.young = []
        self.mark = FIRST_MARK
        self.created += noted * weight
        self.closing += len(remaining) * weight
        self.peak = max(self.peak, self.old + self._peak * weight)
        self._ended = self._peak = 0
        return remaining

    def grow_old(self, weight: float) -> None:
        """Count one of those that were closed as old."""
        self.closing -= weight
        self.old += weight

    def fold(self) -> None:
        """Hand the totals over, as the loop has stopped; what lives stays with this."""
        lives = self.old + self.closing
        self.site.fold(self.created - lives, self.peak)
        self.created, self.peak = lives, 0.0


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
    return task is not None and not task.done()


def _last_ended(young: list[TaskRef]) -> int:
    index = len(young) - 1
    while lives(young[index]()):
        index -= 1
    return index
