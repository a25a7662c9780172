"""Being there before the first task: every event loop of the process passes through here.

Servers make their loops in their own ways (policies, ``loop_factory``, uvloop, worker processes,
asgiref's extra loops), but each of them announces the loop it runs with ``_set_running_loop``.
That call is wrapped, once, before uvloop is imported, because uvloop keeps a reference to it.

The frame that runs a loop is remembered while it runs: a walk up the stack from a new task must
stop there, or a task made in a callback is blamed on whoever started the server. On uvloop, whose
loop is no Python frame, nothing else marks the place.
"""

from __future__ import annotations

import asyncio
import asyncio.events
import sys
from collections.abc import Callable
from types import FrameType
from typing import Protocol

_OURS = "_snowshed_set_running_loop"


class LoopWatch(Protocol):
    """What is told about each loop; may raise, and the loop runs all the same."""

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare a loop that runs for the first time."""
        ...

    def running(self, loop: asyncio.AbstractEventLoop, frame: FrameType | None) -> None:
        """Note the frame that runs ``loop``; None when it has stopped."""
        ...


def watch_loops(watch: LoopWatch, failed: Callable[[], None]) -> None:
    """Tell ``watch`` of every loop that starts or stops from now on; ``failed`` if that raises."""
    original = asyncio.events._set_running_loop
    if hasattr(original, _OURS):
        original = getattr(original, _OURS)

    def set_running_loop(loop: asyncio.AbstractEventLoop | None) -> None:
        try:
            _tell(watch, loop)
        except Exception:  # noqa: BLE001 - a loop must start whatever happens here
            failed()
        original(loop)

    setattr(set_running_loop, _OURS, original)
    asyncio.events._set_running_loop = set_running_loop
    asyncio._set_running_loop = set_running_loop


def _tell(watch: LoopWatch, loop: asyncio.AbstractEventLoop | None) -> None:
    if loop is None:
        stopped = asyncio._get_running_loop()
        if stopped is not None:
            watch.running(stopped, None)
        return
    watch.install(loop)
    frame: FrameType | None = sys._getframe(2)
    # From 3.13 on a helper of run_forever announces the loop, and has returned when tasks run.
    if frame is not None and frame.f_code.co_name == "_run_forever_setup":
        frame = frame.f_back
    watch.running(loop, frame)


def frame_of_running_loop() -> FrameType | None:
    """Return the frame that runs the current loop; None if it is not one of asyncio's own."""
    frame: FrameType | None = sys._getframe(1)
    run_forever = asyncio.BaseEventLoop.run_forever.__code__
    while frame is not None and frame.f_code is not run_forever:
        frame = frame.f_back
    return frame
