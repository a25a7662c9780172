"""The handle of a submitted job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, Protocol, TypeVar

from snowshed.core._pool._nesting import VISIT
from snowshed.errors import WouldDeadlock

T = TypeVar("T")


class Owner(Protocol):
    """Where a job is: with its pool while it is queued, with a worker from then on."""

    def cancel_job(self, job: Job[Any], msg: object) -> None:
        """Cancel a job that has not ended."""
        ...

    def note_wait(self, job: Job[Any]) -> None:
        """Take note that the current job waits for this one, or raise `WouldDeadlock`."""
        ...


class Job(asyncio.Future[T]):
    """A job that was submitted to a `WorkerPool`: await it for its result.

    It is a future, so `asyncio.gather`, `asyncio.wait`, `asyncio.shield` and callbacks work. Like
    a task, and unlike a plain future, it ends when its work has ended: a running job that is
    cancelled still cleans up, and is done only then. Cancelling a task that awaits a job cancels
    the job, as it would cancel a task.

    Made by `WorkerPool.submit`, never by hand.
    """

    __slots__ = ("_args", "_context", "_owner")

    _owner: Owner
    # What it is called with, and in which context; gone when it has begun or was cancelled.
    _args: tuple[Any, ...]
    _context: Context

    def cancel(self, msg: Any | None = None) -> bool:
        """Take the job out of the queue, or cancel it where it waits; other jobs go on.

        A plain function that is on a thread cannot be stopped: its handle is cancelled, and its
        worker stays taken until the function returns.

        Returns:
            False when the job has ended already.
        """
        if self.done():
            return False
        self._owner.cancel_job(self, msg)
        return True

    def end_cancelled(self, msg: Any | None = None) -> None:
        """Resolve as cancelled; for the pool, when nothing of the job runs any more."""
        super().cancel(msg)

    def note_wait(self) -> None:
        """Tell the pool that the current job waits for this one; `WouldDeadlock` if it must not."""
        if not self.done():
            self._owner.note_wait(self)

    def add_done_callback(
        self, fn: Callable[[Any], object], /, *, context: Context | None = None
    ) -> None:
        """Call ``fn(job)`` when the job has ended. In a job of the same pool that is a wait.

        Raises:
            WouldDeadlock: every other worker runs a job that waits for this pool, too.
        """
        if VISIT.get() is not None:
            try:
                self.note_wait()
            except WouldDeadlock as error:
                if context is None:
                    raise
                # The event loop calls, for a task that awaits, and must not see an exception: it
                # is the task that gets it, as the outcome of what it waits for.
                refused: asyncio.Future[T] = asyncio.Future()
                refused.set_exception(error)
                refused.add_done_callback(fn, context=context)
                return
        super().add_done_callback(fn, context=context)
