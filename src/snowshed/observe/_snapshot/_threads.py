"""What each thread does, as far as its innermost Python frame tells.

A thread that waits does so in C, and the interpreter does not say for what. But whoever waits in
C was sent there by a line of Python, and for the common cases that is a function of the standard
library: `queue.Queue.get`, `threading.Event.wait`, the selector of an event loop. These are known
by their code objects, as for tasks. A thread that is in none of them is said to run. That is wrong
where it has called something in C directly: `time.sleep`, ``acquire`` of a plain lock, a driver.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import TYPE_CHECKING

from snowshed.model import Frame, TaskSnapshot, TaskState
from snowshed.observe._background import is_ours
from snowshed.observe._snapshot._paths import outwards
from snowshed.observe._snapshot._resources import code_at

if TYPE_CHECKING:
    from snowshed.observe._snapshot._paths import Paths

# A thread stands in one of these, or in what it has called; of several the outermost decides.
_PLACES: dict[str, TaskState] = {
    "threading:Condition.wait": TaskState.CONDITION,
    "threading:Semaphore.acquire": TaskState.SEMAPHORE,
    "threading:Event.wait": TaskState.EVENT,
    "threading:Barrier.wait": TaskState.BARRIER,
    "threading:_RLock.acquire": TaskState.LOCK,
    "threading:Thread.join": TaskState.AWAIT_TASK,
    "queue:Queue.get": TaskState.QUEUE_GET,
    "queue:Queue.put": TaskState.QUEUE_PUT,
    "queue:Queue.join": TaskState.QUEUE_JOIN,
    "concurrent.futures._base:Future.result": TaskState.THREAD,
    "concurrent.futures._base:Future.exception": TaskState.THREAD,
    "concurrent.futures._base:wait": TaskState.THREAD,
    "subprocess:Popen.wait": TaskState.SOCKET,
    "socket:SocketIO.readinto": TaskState.SOCKET,
    "socket:socket.accept": TaskState.SOCKET,
    "socket:create_connection": TaskState.SOCKET,
    "ssl:SSLSocket.read": TaskState.SOCKET,
    "ssl:SSLSocket.write": TaskState.SOCKET,
    "ssl:SSLSocket.do_handshake": TaskState.SOCKET,
    "selectors:SelectSelector.select": TaskState.SOCKET,
    "selectors:PollSelector.select": TaskState.SOCKET,
    "selectors:EpollSelector.select": TaskState.SOCKET,
    "selectors:KqueueSelector.select": TaskState.SOCKET,
}
# These wait only as long as they have called nothing.
_INNERMOST: dict[str, TaskState] = {
    "concurrent.futures.thread:_worker": TaskState.POOL,
    # The frames of uvloop's loop are not Python's; nor does it run anything here.
    "asyncio.runners:Runner.run": TaskState.SOCKET,
    "asyncio.base_events:BaseEventLoop.run_forever": TaskState.SOCKET,
    "asyncio.base_events:BaseEventLoop.run_until_complete": TaskState.SOCKET,
}
_BATCH = 32
# Between what is known and the innermost call nothing else may stand.
_MACHINERY = {"threading", "subprocess"}


def look_at_threads(paths: Paths) -> Iterator[TaskSnapshot]:
    """Yield a snapshot of each thread. Cost: about 1 us for each frame.

    Between two snapshots the threads go on; no frame of theirs is held meanwhile.
    """
    places = _codes(_PLACES)
    innermost = _codes(_INNERMOST)
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    idents = list(sys._current_frames())
    for start in range(0, len(idents), _BATCH):
        yield from _batch(idents[start : start + _BATCH], names, paths, places, innermost)


def _batch(
    idents: list[int],
    names: dict[int | None, str],
    paths: Paths,
    places: dict[int, TaskState],
    innermost: dict[int, TaskState],
) -> list[TaskSnapshot]:
    current = sys._current_frames()
    found = []
    for ident in idents:
        frame = current.get(ident)
        if frame is not None:
            frames = [*outwards(frame)]
            state = _state(frames, places, innermost)
            name = names.get(ident) or f"thread {ident}"
            stack = paths.running(frames)
            function = _function(frames, paths)
            owner = "infrastructure" if is_ours(name) else "user"
            found.append(TaskSnapshot(ident, "thread", name, state, function, stack, owner=owner))
    return found


def _codes(places: dict[str, TaskState]) -> dict[int, TaskState]:
    codes = ((code_at(place), state) for place, state in places.items())
    return {id(code): state for code, state in codes if isinstance(code, CodeType)}


def _state(
    frames: list[FrameType], places: dict[int, TaskState], innermost: dict[int, TaskState]
) -> TaskState:
    state = innermost.get(id(frames[0].f_code))
    if state is not None:
        return state
    decided = TaskState.RUNNING
    for frame in frames:
        known = places.get(id(frame.f_code))
        if known is None and frame.f_globals.get("__name__") not in _MACHINERY:
            break
        decided = known or decided
    return decided


def _function(frames: list[FrameType], paths: Paths) -> Frame:
    """Return what the thread was made to run: the outermost call that is not `threading`'s own."""
    for frame in reversed(frames):
        if frame.f_globals.get("__name__") != "threading":
            return paths.frame(frame.f_code, -1)
    return paths.frame(frames[-1].f_code, -1)
