"""Finding the tasks that were made past the task factory.

``asyncio.Task(...)`` called directly (aiohttp's server, redis' sentinel) passes no factory. Such
tasks still carry the context of their request, which can be read from Python 3.12 on. Looking at
every task of a large service takes milliseconds, so it is done for requests over budget only, and
rests a hundred times as long as the last look took.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from typing import Any

from snowshed.core._budget import CURRENT, TaskBudget

REST = 100


class Sweep:
    """Counts tasks that a budget should have seen and has not.

    Args:
        clock: seconds, for how long a sweep takes.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._not_before = float("-inf")

    def bypassers(
        self, budget: TaskBudget, known: Iterable[asyncio.Task[Any]]
    ) -> list[asyncio.Task[Any]]:
        """Return the live tasks that run in the context of ``budget`` and are not ``known``.

        None without looking: on Python 3.11, and while the last look was too recent.
        """
        began = self._clock()
        if sys.version_info < (3, 12) or began < self._not_before:
            return []
        seen = {*known, asyncio.current_task()}
        found = [
            task
            for task in asyncio.all_tasks()
            if task not in seen and task.get_context().get(CURRENT) is budget
        ]
        ended = self._clock()
        self._not_before = ended + REST * (ended - began)
        return found
