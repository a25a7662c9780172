"""Cancelling the task that runs a block, without taking over cancellations of somebody else.

``Task.cancel`` is a request that anybody may make, and the task cannot see who did. So whoever
cancels a task to end a block has to count (``cancelling``) and give back (``uncancel``), as
``asyncio.timeout`` does: if more cancellations are left than there were on entry, someone outside
wants the task to end, and that one wins.
"""

from __future__ import annotations

import asyncio


class HostTask:
    """The task that entered a block, and whether the block has cancelled it."""

    __slots__ = ("_before", "_handle", "_loop", "cancelled", "task")

    def __init__(self, task: asyncio.Task[object], loop: asyncio.AbstractEventLoop) -> None:
        self.task = task
        self.cancelled = False
        self._loop = loop
        self._before = task.cancelling()
        self._handle: asyncio.Handle | None = None

    def cancel(self, reason: str) -> None:
        """Cancel the host once; at the next pass of the loop when the host itself asks for it.

        A running task cannot be cancelled on the spot, only marked, and before Python 3.13 the
        mark cannot be taken back. If it were set and the block left without another await, the
        cancellation would surface after the block.
        """
        if self.cancelled or self._handle is not None:
            return
        if asyncio.current_task(self._loop) is self.task:
            self._handle = self._loop.call_soon(self._deliver, reason)
        else:
            self._deliver(reason)

    def _deliver(self, reason: str) -> None:
        self._handle = None
        self.cancelled = self.task.cancel(reason)

    def leave(self) -> bool:
        """Give back our cancellation; tell whether somebody outside has cancelled the host too."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self.cancelled:
            return self.task.uncancel() > self._before
        return self.task.cancelling() > self._before
