"""Whether a request can still be answered in time, before anything is begun for it.

A request whose time is nearly up takes as much work as any other, and its answer comes too late for
anybody. When half of the callers have too little time left, a service that begins their requests
all the same does half of its work for nothing.

**The fan-out counts.** A request of ``n`` tasks ends when the slowest of them does. Where one task
takes 20 ms at the median, the slowest of 32 takes perhaps 60: what one task keeps with probability
``p``, all ``n`` keep with ``p ** n``. So a request is more likely late than not when less time is
left than ``F^-1(0.5 ** (1 / n))``, ``F`` being the distribution of the time of one task.

**From requests back to tasks.** Services do not tell when each of their tasks began and ended, and
asking would cost more than it is worth. But a request's latency is the largest of ``n`` such times,
so that its distribution is ``F ** n``: proportional reversed hazards (Gupta and Gupta, 2007), also
called Lehmann alternatives. The maximum-likelihood estimate of ``log F`` is then a sum as simple as
that of Nelson and Aalen, read from the longest latency down: at each one, 1 over the tasks of all
requests that were no slower.

**Old news.** Latencies of a burst that is over would refuse those who come after it, who then would
never bring better news. So everything is forgotten after a second.
"""

from __future__ import annotations

import math
from collections import deque

__all__ = ["TaskTimes"]

RECALL = 1.0
FEWEST = 50
MOST = 1000
# Different numbers of tasks that are looked up between two looks at the latencies.
REMEMBERED = 1000
# Tasks of a request; what is charged more is no number of tasks, and sums would lose the small.
MOST_TASKS = 1e6


class TaskTimes:
    """The times of tasks in the last second, as far as finished requests show them.

    Pure. Costs 0.1 us for each request, and a sort of the last second's requests when asked for the
    first time after `refresh`; memory: 1,000 latencies.
    """

    __slots__ = ("_known", "_recent", "_sorted")

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float, float]] = deque(maxlen=MOST)
        self._sorted: list[tuple[float, float]] | None = None
        self._known: dict[float, float] = {}

    def note(self, now: float, latency: float, tasks: float) -> None:
        """Take in a request of so many tasks that has ended ``latency`` seconds after it began."""
        if 0 < latency < math.inf and 1 <= tasks <= MOST_TASKS:
            self._recent.append((now, latency, tasks))

    def refresh(self, now: float) -> None:
        """Have what comes next judged by the second before ``now``."""
        recent = self._recent
        while recent and not now - RECALL <= recent[0][0] <= now:
            recent.popleft()
        self._sorted = None
        self._known.clear()

    def median(self, tasks: float) -> float:
        """Return the seconds in which half of the requests of so many tasks have ended.

        0 while fewer than 50 requests are known: nobody is refused for want of knowledge. Less than
        1 task counts as 1.
        """
        found = self._known.get(tasks)
        if found is None:
            tasks = max(1.0, tasks)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[tasks] = self._estimate(tasks)
        return found

    def __repr__(self) -> str:
        return f"<TaskTimes of {len(self._recent)} requests>"

    def _estimate(self, tasks: float) -> float:
        if len(self._recent) < FEWEST:
            return 0.0
        if self._sorted is None:
            pairs = ((latency, number) for _, latency, number in self._recent)
            self._sorted = sorted(pairs, reverse=True)
        left = sum(number for _, number in self._sorted)
        wanted = math.log(2) / tasks
        reached = 0.0
        for latency, number in self._sorted:
            reached += 1 / left
            if reached >= wanted:
                return latency
            left -= number
        return 0.0
