"""Freeing tasks that await each other, if the operator has asked for it.

Such tasks wait for ever, and a process that has them cannot even shut down. Most services would
rather have one of them fail; but it is their code that fails, so this is off unless the setting
``break_cycles`` says otherwise.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from snowshed.observe._break_cycles import break_cycles, may_be_in_cycle
from snowshed.observe._polite import politely
from snowshed.observe._snapshot._tasks import TaskRef, live_tasks

# Seconds between two looks.
EVERY = 10.0
# Beyond so many tasks that wait for tasks, looking for cycles among them would hold up the loop.
AT_MOST = 5_000

logger = logging.getLogger("snowshed.waits")


class CycleWatch:
    """Looks for await cycles and has their loops break them; a job for the watch thread.

    Args:
        source: returns weak references to all tasks.
    """

    def __init__(self, source: Callable[[], Sequence[TaskRef]] = live_tasks) -> None:
        self._source = source
        self._told = False

    def __call__(self, now: float) -> None:
        """Look once. Cost: about 1 us for each task."""
        del now
        waiting: dict[asyncio.AbstractEventLoop, list[TaskRef]] = {}
        for each in politely(self._source()):
            loop = _loop_of_waiting(each())
            if loop is not None:
                waiting.setdefault(loop, []).append(each)
        for loop, references in waiting.items():
            # What a loop that has stopped is handed, it would keep, each time.
            if loop.is_running():
                with suppress(RuntimeError):  # it was closed meanwhile
                    loop.call_soon_threadsafe(self._break, loop, references)

    def _break(self, loop: asyncio.AbstractEventLoop, references: list[TaskRef]) -> None:
        # Made strong by the loop only, which may let go of the last reference to one of them.
        tasks = [task for task in (each() for each in references) if task is not None]
        if len(tasks) <= AT_MOST:
            break_cycles(loop, tasks)
        elif not self._told:
            self._told = True
            logger.warning(
                "await cycles are not looked for: %d tasks wait for tasks, and at most %d are "
                "looked through",
                len(tasks),
                AT_MOST,
            )


def _loop_of_waiting(task: asyncio.Task[Any] | None) -> asyncio.AbstractEventLoop | None:
    """Return the loop of ``task`` if it may be part of a cycle."""
    # Let go of with the return: the thread that looks rests in between.
    return None if task is None or not may_be_in_cycle(task) else task.get_loop()
