"""The scope of work that belongs to the service, not to a request.

"Fire and forget" is how tasks get lost: nobody holds a reference, nobody sees the error, nothing
bounds their number. Detached work is what such code means: it has an owner that lives as long as
the event loop, its error is logged, and there is a budget for it. It keeps the context of the
code that started it (request id, trace), without that request's deadline and budget, as Go's
``context.WithoutCancel`` does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from snowshed.core._budget import CURRENT, TaskBudget
from snowshed.core._coroutine import call
from snowshed.core._tasks import StartingTask, counts_tasks

T = TypeVar("T")
logger = logging.getLogger("snowshed.detached")
DETACHED_BUDGET = 1000


@dataclass(frozen=True, slots=True)
class DetachedStatistics:
    """What happened to the detached tasks of one event loop.

    Attributes:
        live: detached tasks (and what they started) alive now.
        spawned: counted so far.
        failed: ended with an error, which was logged.
        refused: not started because ``budget`` of them lived.
        budget: how many may live at once.
    """

    live: int
    spawned: int
    failed: int
    refused: int
    budget: int


class ServiceScope:
    """Owns the detached tasks of one event loop."""

    __slots__ = ("__weakref__", "_budget", "_failed", "_loop", "_tasks")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._failed = 0
        self._budget = TaskBudget("detached", DETACHED_BUDGET)
        self._budget.loop = loop
        self._tasks: set[asyncio.Task[Any]] = set()

    def __repr__(self) -> str:
        return f"<ServiceScope live={len(self._tasks)} failed={self._failed}>"

    def start(
        self, fn: Callable[..., Coroutine[Any, Any, T]], args: tuple[Any, ...], name: str | None
    ) -> asyncio.Task[T]:
        """Start ``fn(*args)`` as a detached task.

        Raises:
            BudgetExceeded: too many detached tasks live already.
        """
        self._budget.admit()
        coro = call("detach", fn, args)
        context = copy_context()
        context.run(CURRENT.set, self._budget)
        task = self._create(coro, name, context)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _create(
        self, coro: Coroutine[Any, Any, T], name: str | None, context: Context
    ) -> asyncio.Task[T]:
        if counts_tasks(self._loop):
            return self._loop.create_task(coro, name=name, context=context)
        starting = StartingTask()
        self._budget.add(starting)
        task: asyncio.Task[T] = starting.start(
            self._loop.create_task, coro, name=name, context=context
        )
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._budget.let_go()
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._failed += 1
            logger.error("detached task %s failed", task.get_name(), exc_info=error)

    def statistics(self) -> DetachedStatistics:
        """Return what happened so far."""
        budget = self._budget
        return DetachedStatistics(
            live=budget.live_count(),
            spawned=budget.spawned,
            failed=self._failed,
            refused=budget.refused,
            budget=budget.limit,
        )

    async def aclose(self) -> None:
        """Cancel what is left and wait for its end; new detached work is still accepted."""
        for task in tuple(self._tasks):
            task.cancel("the service ends")
        if self._tasks:
            await asyncio.wait(self._tasks)


# A scope refers to its loop, so weak references would not help: closed loops are taken out.
_scopes: dict[asyncio.AbstractEventLoop, ServiceScope] = {}


def service_scope() -> ServiceScope:
    """Return the running loop's service scope."""
    loop = asyncio.get_running_loop()
    found = _scopes.get(loop)
    if found is None:
        for other in tuple(_scopes):
            if other.is_closed():
                _scopes.pop(other, None)
        found = _scopes[loop] = ServiceScope(loop)
    return found
