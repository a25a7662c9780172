"""Blocking calls on threads: few at once, counted, and with one permit kept back for clean-up.

asyncio's default executor queues without bound, and a queued job looks like a running one. Here a
job waits for a permit *before* it reaches the executor, so a job that was handed over is running.

The permit kept back answers a deadlock that hit FastAPI: every thread waited for a connection of a
full pool, and the code that would have given one back waited for a thread. Clean-up may use one
permit that ordinary jobs can never take.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from snowshed.core._semaphore import WeightedSemaphore
from snowshed.errors import WouldBlock

T = TypeVar("T")
# As many as anyio allows, which FastAPI and Starlette users are used to.
THREADS = 40


class ThreadPermits:
    """How many jobs of one event loop may be on threads."""

    __slots__ = ("cleanup", "ordinary")

    def __init__(self) -> None:
        self.ordinary = WeightedSemaphore(THREADS, name="threads")
        self.cleanup = WeightedSemaphore(1, name="threads for clean-up")

    async def acquire(self, *, cleanup: bool) -> WeightedSemaphore:
        """Wait for a permit; return the semaphore to give it back to."""
        if cleanup:
            try:
                self.ordinary.acquire_nowait()
            except WouldBlock:
                await self.cleanup.acquire()
                return self.cleanup
            return self.ordinary
        await self.ordinary.acquire()
        return self.ordinary


_permits: WeakKeyDictionary[asyncio.AbstractEventLoop, ThreadPermits] = WeakKeyDictionary()
_executor: ThreadPoolExecutor | None = None


def permits() -> ThreadPermits:
    """Return the running loop's permits."""
    loop = asyncio.get_running_loop()
    found = _permits.get(loop)
    if found is None:
        found = _permits[loop] = ThreadPermits()
    return found


class ThreadJob(Generic[T]):
    """A blocking call in a context; live from the wait for a thread until the thread has ended."""

    __slots__ = ("_args", "_context", "_ended", "_fn")

    def __init__(self, context: Context, fn: Callable[..., T], args: tuple[Any, ...]) -> None:
        self._context = context
        self._fn = fn
        self._args = args
        self._ended = False

    def __call__(self) -> T:
        """Run on the thread."""
        try:
            return self._context.run(self._fn, *self._args)
        finally:
            self._ended = True

    def done(self) -> bool:
        """Tell whether the call has ended: cancelling whoever waits for it does not end it."""
        return self._ended

    async def start(self, *, cleanup: bool, check: Callable[[], object]) -> asyncio.Future[T]:
        """Wait for a permit, then run on a thread; ``check`` may still say no in between.

        Cancelling the wait takes no permit.
        """
        try:
            permit = await permits().acquire(cleanup=cleanup)
            try:
                check()
                waiter = _run(self)
            except BaseException:
                permit.release()
                raise
        except BaseException:
            self._ended = True
            raise
        waiter.add_done_callback(lambda _: permit.release(), context=Context())
        return waiter


def _forget_executor() -> None:
    global _executor  # noqa: PLW0603 - threads are a resource of the process
    _executor = None


if hasattr(os, "register_at_fork"):
    # A forked worker has the executor of its parent, and none of the threads.
    os.register_at_fork(after_in_child=_forget_executor)


def _run(job: ThreadJob[T]) -> asyncio.Future[T]:
    global _executor  # noqa: PLW0603 - threads are a resource of the process
    if _executor is None:
        # Loops in several threads share it; each holds its own permits, so it must not queue.
        _executor = ThreadPoolExecutor(max_workers=8 * (THREADS + 1), thread_name_prefix="snowshed")
    return asyncio.get_running_loop().run_in_executor(_executor, job)
