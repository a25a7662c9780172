"""What a future tells of what it is waited for: sometimes a great deal, often nothing.

A task that awaits a future of its own making stands in no function that we know. But futures come
from somewhere: another task, `asyncio.gather`, a pool. Where the type does not tell, the first
callback may: a future that stands for a job on a thread, or for what `asyncio.shield` protects, was
given one when it was made, and that callback holds what the future stands for.

The callbacks are not asked of the future: that copies all of them, and a future that a hundred
thousand tasks await has as many.
"""

from __future__ import annotations

import asyncio
import gc
from asyncio import Future, futures
from collections.abc import Iterable
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from snowshed.core._pool import Job
from snowshed.model import TaskState

# Of a `gather` of more than this, only so many are said to be waited for.
AWAITED_AT_MOST = 2000
# A gather in a gather in a gather: beyond this nobody looks.
_DEPTH_AT_MOST = 8
GATHERED: Any = asyncio.tasks._GatheringFuture  # type: ignore[attr-defined]


class Jobs:
    """What tasks wait for that gave work to a thread or process: not each for its own.

    A job that is queued waits for the jobs before it, so all of them wait for one thing. To which
    executor it was given a job does not tell.
    """

    def __init__(self, what: str) -> None:
        self.what = what


JOBS_QUEUED = Jobs("jobs that no thread has begun")
JOBS_BEGUN = Jobs("jobs that a thread has begun")


class Told(NamedTuple):
    """What a future tells.

    Attributes:
        state: of a task that awaits it.
        resource: what is waited for; None if that is only the tasks.
        awaits: the tasks that will end the wait.
    """

    state: TaskState
    resource: object
    awaits: tuple[object, ...]


def is_done(future: Any) -> bool:
    """Tell whether a future has ended."""
    # The base method: a subclass may have made anything of it.
    if issubclass(type(future), Future):
        return Future.done(future)
    return bool(future._state != "PENDING")


def is_task(kind: type) -> bool:
    """Tell whether a future of this class is a task, whoever wrote it."""
    return issubclass(kind, _TASKS)


def told_by(future: Any, depth: int = 0) -> Told:
    """Tell what somebody waits for who awaits ``future``. Cost: O(1), O(n) for a gather of n."""
    kind = type(future)
    if is_task(kind):
        return Told(TaskState.AWAIT_TASK, None, (future,))
    if kind is GATHERED:
        return Told(TaskState.GATHER, None, tasks_among(future._children, depth))
    if kind is Job:
        return _told_by_job(future)
    if kind.__module__ == "uvloop.loop" and kind.__name__ in _SOCKETS:
        return Told(TaskState.SOCKET, getattr(future, f"{kind.__name__}__sock", None), ())
    return _told_by_callback(future, depth)


def tasks_among(awaited: Iterable[object], depth: int = 0) -> tuple[object, ...]:
    """Return the tasks behind several futures that have not ended, each once."""
    found: dict[int, object] = {}
    if depth > _DEPTH_AT_MOST:
        return ()
    for each in [*awaited][:AWAITED_AT_MOST]:
        if is_task(type(each)):
            if not is_done(each):
                found[id(each)] = each
        elif issubclass(type(each), Future) and not is_done(each):
            found.update((id(task), task) for task in told_by(each, depth + 1).awaits)
    return tuple(found.values())


def _told_by_job(job: Any) -> Told:
    """A job that runs is waited for by its worker; one in the queue by any of them."""
    owner = getattr(job, "_owner", None)
    task = getattr(owner, "task", None)
    crew = owner if task is None else getattr(owner, "_pool", None)
    return Told(TaskState.POOL, crew, () if task is None else (task,))


def _told_by_callback(future: object, depth: int) -> Told:
    shared: object = None
    for each in gc.get_referents(future):
        if type(each) is FunctionType:
            if each.__code__ is _SHIELD and depth <= _DEPTH_AT_MOST:
                return told_by(_enclosed(each, "inner"), depth + 1)
            if each.__code__ is _CHAINED:
                pending = _enclosed(each, "source")._state == "PENDING"
                return Told(TaskState.THREAD, JOBS_QUEUED if pending else JOBS_BEGUN, ())
        elif type(each) is list:
            # Of callbacks: more than one task awaits it, which makes it a resource.
            shared = future
    return Told(TaskState.FUTURE, shared, ())


def _enclosed(function: FunctionType, name: str) -> Any:
    """Return what the closure of ``function`` holds under ``name``."""
    cells = function.__closure__ or ()
    return cells[function.__code__.co_freevars.index(name)].cell_contents


def _inside(function: Any, name: str) -> CodeType | None:
    consts = function.__code__.co_consts
    found = (each for each in consts if type(each) is CodeType and each.co_name == name)
    return next(found, None)


_SOCKETS = {"_SyncSocketReaderFuture", "_SyncSocketWriterFuture"}
_TASKS = (asyncio.Task, asyncio.tasks._PyTask)  # type: ignore[attr-defined]
_SHIELD = _inside(asyncio.shield, "_outer_done_callback")
_CHAINED = _inside(futures._chain_future, "_call_check_cancel")  # type: ignore[attr-defined]
