"""Cancelling the task that runs a block, without taking over cancellations of somebody else.

``Task.cancel`` is a request that anybody may make, and the task cannot see who did. So whoever
cancels a task to end a block has to count (``cancelling``) and give back (``uncancel``), as
``asyncio.timeout`` does: if more cancellations are left than there were on entry, someone outside
wants the task to end, and that one wins.

Before Python 3.13 the count cannot be trusted that far: an `asyncio.TaskGroup` whose child fails
while the group waits for its children leaves its own cancellation behind (python/cpython#116720).
There, what the block ended with has to agree, and what was counted before we cancelled is not
somebody's wish, unless it is still on its way to the task.
"""

from __future__ import annotations

import asyncio
import sys
from contextvars import Context

COUNT_IS_EXACT = sys.version_info >= (3, 13)


class HostTask:
    """The task that entered a block, and whether the block has cancelled it."""

    __slots__ = ("_before", "_handle", "_loop", "_stale", "cancelled", "task")

    def __init__(self, task: asyncio.Task[object], loop: asyncio.AbstractEventLoop) -> None:
        self.task: asyncio.Task[object] | None = task
        self.cancelled = False
        self._loop = loop
        self._before = task.cancelling()
        # What was counted since, and came to nothing; ours is given back whatever this says.
        self._stale = 0
        self._handle: asyncio.Handle | None = None

    def cancel(self, reason: str) -> None:
        """Cancel the host once; at the next pass of the loop when a task asks for it.

        That task may be the host itself, or an eager one that the host has just started. A task
        that is running cannot be cancelled on the spot, only marked, and before Python 3.13 the
        mark cannot be taken back. If it were set and the block left without another await, the
        cancellation would surface after the block.
        """
        if self.cancelled or self._handle is not None:
            return
        if asyncio.current_task(self._loop) is None:
            self._deliver(reason)
        else:
            self._handle = self._loop.call_soon(self._deliver, reason, context=Context())

    def _deliver(self, reason: str) -> None:
        self._handle = None
        if self.task is not None:
            if not COUNT_IS_EXACT and not _will_be_cancelled(self.task):
                self._stale = self.task.cancelling()
            self.cancelled = self.task.cancel(reason)

    def leave(self, *, cancelled: bool = True) -> bool:
        """Give back our cancellation; tell whether somebody outside has cancelled the host too.

        Args:
            cancelled: whether a `CancelledError` was raised in the block, as far as can be seen.
        """
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        task = self.task
        if task is None:
            return False
        left = task.cancelling()
        if self.cancelled and left > self._before:
            left = task.uncancel()
        return left > max(self._before, self._stale) and (cancelled or COUNT_IS_EXACT)

    def release(self) -> None:
        """Forget the task, so that an error in which it ended does not refer to itself."""
        self.task = None


def shows_cancellation(error: BaseException | None) -> bool:
    """Tell whether ``error`` is a `CancelledError`, or was raised while one was handled."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, asyncio.CancelledError):
            return True
        seen.add(id(error))
        error = error.__context__
    return False


def _will_be_cancelled(task: asyncio.Task[object]) -> bool:
    """Tell whether the task's next step raises `CancelledError`."""
    waits_for = task._fut_waiter  # type: ignore[attr-defined]
    marked: bool = task._must_cancel  # type: ignore[attr-defined]
    return marked or (waits_for is not None and waits_for.cancelled())
