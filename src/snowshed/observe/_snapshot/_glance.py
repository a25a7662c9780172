"""Who has made each task and for whom, and no more: at a fraction of the cost of a look.

It is enough where the question is how many tasks there are, and from which line or request they
come. Nothing is kept of a task once it was told, so a hundred thousand of them take no memory, and
whoever counts them is done when the last was seen.

Of its state a single field tells a little: the future that asyncio has suspended a task on, by its
class and by whether it is done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from snowshed.core._pool import Job
from snowshed.model import Frame, TaskState
from snowshed.observe._polite import politely
from snowshed.observe._snapshot._futures import GATHERED, is_task
from snowshed.observe._snapshot._paths import Paths
from snowshed.observe._snapshot._snapshot import Describe, Snapshot
from snowshed.observe._snapshot._survey import LoopNumbers, Seen, origin_of
from snowshed.observe._snapshot._tasks import TaskRefs, live_tasks
from snowshed.observe._snapshot._threads import look_at_threads

if TYPE_CHECKING:
    from snowshed.model import TaskSnapshot
    from snowshed.observe._snapshot._tasks import TaskRef

_NOT_LOOKED_AT = Frame("not looked at", "", 0)


class Glance:
    """Yields each task and thread, once; for a thread beside the loop, which it lets in between.

    What it yields has the attributes of a `TaskSnapshot`, without name, function, stack, resource
    and what it awaits. Its state is `TaskState.READY` (also of a task that has not begun, and of
    the one that runs), ``AWAIT_TASK``, ``GATHER``, ``POOL``, ``DONE`` or ``UNRETRIEVED``; whatever
    else a task waits for is ``FUTURE``. Threads are as in a `Snapshot`.

    Args:
        describe: as for a `Snapshot`; ``at_most`` is not regarded.

    Attributes:
        about: a `Snapshot` without tasks: what there is to say of the whole, once all were yielded.

    Cost: 5 us for each task.
    """

    def __init__(self, describe: Describe) -> None:
        self._describe = describe
        self.about = Snapshot(())

    def __iter__(self) -> Iterator[TaskSnapshot]:
        describe, numbers = self._describe, LoopNumbers()
        taken_at, began = time.time(), time.perf_counter()
        found = TaskRefs(live_tasks(describe.loops))
        total = len(found)
        vanished = unreadable = untold = 0
        for each in politely(found):
            task = each()
            if task is None:
                vanished += 1
                continue
            try:
                state, number = state_of(task), numbers.of(task.get_loop())
            except Exception:  # noqa: BLE001 - somebody else's idea of a task
                unreadable += 1
                continue
            origin, told = origin_of(task, describe.provenance)
            untold += not told
            seen = Seen(
                id(task), "task", "", state, _NOT_LOOKED_AT, (), *origin, None, (), number, False
            )
            # Not to be the last that holds it when there is a pause.
            del task
            yield seen
        threads = tuple(look_at_threads(Paths())) if describe.threads else ()
        yield from threads
        self.about = Snapshot(
            (),
            threads,
            {},
            taken_at,
            time.perf_counter() - began,
            total,
            vanished,
            unreadable,
            untold=untold,
        )


def count_by_state(tasks: Iterable[TaskRef]) -> dict[TaskState, int]:
    """Count tasks by what a `Glance` tells. Somebody else's idea of a task counts as ``FUTURE``.

    Cost: less than `asyncio.all_tasks`; half of it is to touch a task that is in no cache.
    """
    kinds: dict[type, int] = {}
    for each in tasks:
        task = each()
        if task is None:
            continue
        try:
            kind = _kind_of(task)
        except Exception:  # noqa: BLE001 - whatever it is, the others are counted all the same
            kind = object
        kinds[kind] = kinds.get(kind, 0) + 1
    counts: dict[TaskState, int] = {}
    for kind, number in kinds.items():
        state = _STATES[kind]
        counts[state] = counts.get(state, 0) + number
    return counts


def state_of(task: Any) -> TaskState:
    """Return the state of ``task`` as far as one field tells it.

    Raises:
        Exception: the task is no task of asyncio's, or of a class that hides its fields.
    """
    return _STATES[_kind_of(task)]


class _Ready:
    """Of a task that waits for nothing."""


class _Done:
    """Of one that has ended."""


class _Unretrieved:
    """Of one that has failed, and nobody knows."""


def _kind_of(task: Any) -> type:
    """Return the class of the future that ``task`` waits for, or one of those above."""
    waiter = task._fut_waiter
    if waiter is not None and waiter._state == "PENDING":
        return type(waiter)
    if task._state == "PENDING":
        return _Ready
    return _Unretrieved if task._log_traceback else _Done


class _States(dict[type, TaskState]):
    def __missing__(self, kind: type) -> TaskState:
        # Not kept: programs that make classes exist, and an entry keeps each alive.
        return TaskState.AWAIT_TASK if is_task(kind) else TaskState.FUTURE


_STATES = _States(
    {
        asyncio.Future: TaskState.FUTURE,
        asyncio.Task: TaskState.AWAIT_TASK,
        GATHERED: TaskState.GATHER,
        Job: TaskState.POOL,
        _Ready: TaskState.READY,
        _Done: TaskState.DONE,
        _Unretrieved: TaskState.UNRETRIEVED,
    }
)
