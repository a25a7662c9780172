"""Making a task: at once where nobody listens, through the loop's factory where somebody does.

``loop.create_task`` is a step in Python around the constructor of `asyncio.Task`, written in C,
and the step costs a fifth of the task. It does nothing else as long as the loop is asyncio's or
uvloop's, has no task factory, and is not instrumented; then a scope may call the constructor
itself. Whoever wants to see tasks being made (a tracer, a subclassed loop, an eager factory) sees
all of them.
"""

from __future__ import annotations

import asyncio
from asyncio import base_events
from collections.abc import Callable
from types import MethodType
from typing import Any

# Where the `create_task` of asyncio's and of uvloop's loops was written.
_OWN = frozenset({base_events.__file__, "uvloop/loop.pyx"})


def counts_tasks(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether the loop's task factory counts every task in the current budget itself."""
    return getattr(loop.get_task_factory(), "counts_tasks", False)


def is_plain(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether ``loop.create_task(coro)`` is the same as ``asyncio.Task(coro, loop=loop)``."""
    if loop.get_task_factory() is not None:
        return False
    create = loop.create_task
    # Not `isinstance`, and the type first: a tracer's proxy answers for what it hides.
    return type(create) is MethodType and _file_of(create) in _OWN


def _file_of(method: MethodType) -> str:
    try:
        return method.__code__.co_filename
    except AttributeError:
        return ""


class StartingTask:
    """Counts for a task whose constructor may run it (an eager one), when there is no task yet.

    What such a task starts is started before the constructor returns; had it not been counted
    before, a budget could be exceeded by one for each level.
    """

    __slots__ = ("_failed", "task")

    def __init__(self) -> None:
        self.task: asyncio.Task[Any] | None = None
        self._failed = False

    def start(self, make: Callable[..., asyncio.Task[Any]], *args: Any, **kwargs: Any) -> Any:
        """Return ``make(*args, **kwargs)``, for which this counts from now on."""
        try:
            self.task = make(*args, **kwargs)
        finally:
            self._failed = self.task is None
        return self.task

    def done(self) -> bool:
        """Tell whether the task has ended, or was never made."""
        return self._failed or (self.task is not None and self.task.done())
