"""The flood as a test: how many tasks were alive at once, and which lines made them.

The count must be exact where it decides. A task is taken off by a callback, which runs one turn of
the loop after the task has ended; so at the moment when the limit would be passed, those that have
ended but are still counted are taken off by hand. Beyond the limit the verdict stands, and the peak
may name a few that had just ended.

Cost: O(1) for each task; O(limit) when the limit is met.
"""

from __future__ import annotations

import threading
from asyncio import Task
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snowshed._pytest_plugin._watch import Site

SITES_IN_REPORT = 5


class Flood:
    """Counts the live tasks of one test.

    Attributes:
        limit: live tasks that the test may have.
        peak: most that it had at once.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.peak = 0
        self._live = 0
        self._sites: Counter[Site | None] = Counter()
        self._at_peak: Counter[Site | None] | None = None
        self._tasks: dict[Task[Any], Site | None] = {}
        # A test client runs the service on a loop of its own thread.
        self._lock = threading.RLock()

    def begin(self, site: Site | None) -> None:
        """Count a task that is about to be made: an eager one runs before it is there."""
        with self._lock:
            if self._live == self.limit and self.peak <= self.limit:
                for task in [task for task in self._tasks if task.done()]:
                    self._ended(task)
            self._live += 1
            self._sites[site] += 1
            if self._live > self.peak:
                self.peak = self._live
                self._at_peak = None

    def made(self, task: Task[Any], site: Site | None) -> None:
        """Follow the task that was counted by the last `begin`."""
        with self._lock:
            self._tasks[task] = site
        if task.done():
            self._ended(task)
        else:
            task.add_done_callback(self._ended)

    def forget(self, task: Task[Any]) -> None:
        """Count ``task`` no longer, nor that it ever was there: it runs the test."""
        with self._lock:
            if task in self._tasks:
                self._take_off(self._tasks.pop(task))
                self.peak -= 1

    def failed(self, site: Site | None) -> None:
        """Take back what `begin` counted: no task came of it."""
        with self._lock:
            self._take_off(site)

    def _ended(self, task: Task[Any]) -> None:
        with self._lock:
            if task in self._tasks:
                self._take_off(self._tasks.pop(task))

    def _take_off(self, site: Site | None) -> None:
        if self._live == self.peak and self._at_peak is None:
            self._at_peak = self._sites.copy()
        self._live -= 1
        self._sites[site] -= 1

    def busiest(self) -> list[tuple[Site | None, int]]:
        """Return the sites of the tasks that lived at the peak, with how many each had made."""
        at_peak = self._sites if self._at_peak is None else self._at_peak
        return [(site, count) for site, count in at_peak.most_common(SITES_IN_REPORT) if count]
