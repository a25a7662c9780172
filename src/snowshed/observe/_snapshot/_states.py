"""What one task does, or waits for: the decision, made from what the interpreter keeps of it.

Only fields are read: ``_fut_waiter`` (what asyncio has suspended the task on), ``_coro``,
``_state``. Nothing of the task's is called. `asyncio.Task.get_coro` in particular is not, as
CPython 3.12.1 crashes when an eager task that has ended is asked; and neither is `Task.exception`,
after which nobody would hear that the failure of the task was never noticed.

A look may come from another thread, while the loop's thread goes on. The two take turns under the
interpreter's lock, so each single read is whole, but between two reads the task may have moved on.
Then what is said of it is a mixture of two moments; it is never an error.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from snowshed.model import Frame, Stack, TaskState
from snowshed.observe._snapshot._chain import Chain, chain_of, frame_of, runs, variable, was_started
from snowshed.observe._snapshot._futures import is_done, tasks_among, told_by
from snowshed.observe._snapshot._paths import outwards
from snowshed.observe._snapshot._resources import FINAL, TIMEOUT, Known

if TYPE_CHECKING:
    from snowshed.observe._snapshot._paths import Path, Paths

# What a future tells that says no more than that there is one, or that a task is behind it.
_SAYS_LITTLE = (TaskState.FUTURE, TaskState.AWAIT_TASK)


class Look(NamedTuple):
    """What was seen of one task.

    Attributes:
        state: what it does or waits for.
        function: what it was made to run.
        stack: where it stands; where it failed, if it did and nobody has asked why.
        resource: what it waits for; None if that is nothing, or only tasks.
        awaits: tasks that it waits for.
        partly: whether the wait may end though not all of these have, or the resource is not free.
    """

    state: TaskState
    function: Frame
    stack: Stack
    resource: object = None
    awaits: tuple[object, ...] = ()
    partly: bool = False


def look(task: Any, paths: Paths) -> Look:
    """Tell what ``task`` does or waits for. Cost: 2 to 4 us.

    Raises:
        Exception: the task is no task of asyncio's, or of a class that hides its fields.
    """
    if task._state != "PENDING":
        return _ended(task, paths)
    coro = task._coro
    waiter = task._fut_waiter
    chain = chain_of(coro)
    path = paths.of(chain)
    if waiter is None or is_done(waiter):
        return _awake(coro, chain, path, paths)
    state, resource, awaits = _waits_for(waiter, chain, path)
    partly = bool(awaits or resource is not None) and _is_partly(chain, path)
    return Look(state, path.function, paths.stack(path, chain), resource, awaits, partly)


def _ended(task: Any, paths: Paths) -> Look:
    coro = task._coro
    error = task._exception
    function = paths.of(chain_of(coro)).function
    if error is None or not task._log_traceback:
        return Look(TaskState.DONE, function, ())
    return Look(TaskState.UNRETRIEVED, function, paths.failed(error.__traceback__))


def _awake(coro: Any, chain: Chain, path: Path, paths: Paths) -> Look:
    """Tell of a task that waits for nothing but its turn, if for that."""
    function = path.function
    if runs(coro):
        frames = _frames_under(frame_of(coro))
        stack = paths.running(frames) if frames else paths.stack(path, chain)
        return Look(TaskState.RUNNING, function, stack)
    if not was_started(coro):
        return Look(TaskState.CREATED, function, (function,))
    return Look(TaskState.READY, function, paths.stack(path, chain))


def _frames_under(root: FrameType | None) -> list[FrameType]:
    """Return the calls from the innermost to ``root``, on whatever thread that is; [] if on none.

    The loop's steps are written in C, so the coroutine of a task that runs lies among the frames
    of its thread.
    """
    for innermost in sys._current_frames().values():
        frames: list[FrameType] = []
        for frame in outwards(innermost):
            frames.append(frame)
            if frame is root:
                return frames
    return []


def _waits_for(waiter: object, chain: Chain, path: Path) -> tuple[TaskState, Any, tuple[Any, ...]]:
    known = path.known
    if known is None:
        return told_by(waiter)
    holder = _holder(known, chain, path)
    if known.rank == FINAL:
        return _by_row(known, holder)
    # A `wait_for` of before Python 3.12 waits for a future of its own, and knows the real one.
    told = told_by(holder if known.rank == TIMEOUT and holder is not None else waiter)
    if told.state not in _SAYS_LITTLE:
        return told
    state, resource, _ = _by_row(known, holder)
    return state, resource, told.awaits


def _is_partly(chain: Chain, path: Path) -> bool:
    known = path.known
    if path.timed or known is None or known.partly is None:
        return path.timed
    return known.partly(chain.links[path.place])


def _holder(known: Known, chain: Chain, path: Path) -> Any:
    return None if known.holder is None else variable(chain.links[path.place], known.holder)


def _by_row(known: Known, holder: Any) -> tuple[TaskState, Any, tuple[Any, ...]]:
    if holder is None:
        return known.state, None, ()
    resource = holder if known.resource is None else known.resource(holder)
    awaits = () if known.awaits is None else tasks_among(known.awaits(holder))
    return known.state, resource, awaits
