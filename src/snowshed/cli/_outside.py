"""Reading the tasks of a process that snowshed is not in, from outside, with Python 3.14 or later.

That interpreter can read the memory of another one of the same version: it is what
``python -m asyncio ps`` does. It tells where each task stands and who awaits whom, and no more: not
who made a task, how old it is, what it waits for, or whom it serves. What a task waits for is
guessed from the function of asyncio that it stands in.

The pages are then answered here, by the same code that a process under snowshed answers with.

Written from ``Lib/asyncio/tools.py`` and ``Modules/_remote_debugging`` of CPython 3.14.
"""

from __future__ import annotations

import http.client
import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from snowshed.cli._ask import CannotAsk, Process, Question, why_not
from snowshed.integrations._debug import Observed, Pages
from snowshed.model import Frame, Stack, TaskSnapshot, TaskState
from snowshed.observe._serve._exchange import Request
from snowshed.observe._snapshot._snapshot import Snapshot

__all__ = ["reader_of", "snapshots_of"]

_GUESSES: Mapping[tuple[str, str], TaskState] = {
    ("locks.py", "Lock.acquire"): TaskState.LOCK,
    ("locks.py", "Semaphore.acquire"): TaskState.SEMAPHORE,
    ("locks.py", "Event.wait"): TaskState.EVENT,
    ("locks.py", "Condition.wait"): TaskState.CONDITION,
    ("locks.py", "Barrier.wait"): TaskState.BARRIER,
    ("queues.py", "Queue.get"): TaskState.QUEUE_GET,
    ("queues.py", "Queue.put"): TaskState.QUEUE_PUT,
    ("queues.py", "Queue.join"): TaskState.QUEUE_JOIN,
    ("tasks.py", "sleep"): TaskState.SLEEP,
    ("tasks.py", "wait_for"): TaskState.WAIT_FOR,
    ("tasks.py", "wait"): TaskState.GATHER,
    ("tasks.py", "_wait"): TaskState.GATHER,
    ("taskgroups.py", "TaskGroup.__aexit__"): TaskState.GATHER,
    ("taskgroups.py", "TaskGroup._aexit"): TaskState.GATHER,
    ("streams.py", "StreamReader._wait_for_data"): TaskState.SOCKET,
    ("selector_events.py", "BaseSelectorEventLoop.sock_accept"): TaskState.SOCKET,
    ("selector_events.py", "BaseSelectorEventLoop.sock_connect"): TaskState.SOCKET,
    ("selector_events.py", "BaseSelectorEventLoop.sock_recv"): TaskState.SOCKET,
    ("selector_events.py", "BaseSelectorEventLoop.sock_sendall"): TaskState.SOCKET,
}
_UNKNOWN = Frame("unknown", "", 0)


def reader_of(pid: int) -> Process | None:
    """Return process ``pid``, read from outside; None if this interpreter cannot do that."""
    try:
        unwinder = importlib.import_module("_remote_debugging").RemoteUnwinder
    except (ImportError, AttributeError):
        return None

    def answers(question: Question) -> bytes:
        began = time.time()
        found = tuple(_read(unwinder, pid))
        look = Snapshot(found, taken_at=began, duration=time.time() - began, total=len(found))
        path, _, query = question.target.partition("?")
        pages = Pages(observed=Observed(snapshot=lambda: look))
        response = pages.answer(Request(f"/{path}", query=query, private=True))
        if response.status != http.client.OK:
            msg = f"read from outside: {why_not(response.status, response.body)}"
            raise CannotAsk(msg)
        return response.body

    return Process(str(pid), pid, answers)


def _read(unwinder: Callable[[int], Any], pid: int) -> list[TaskSnapshot]:
    try:
        return snapshots_of(unwinder(pid).get_all_awaited_by())
    except PermissionError:
        msg = "the system does not allow to read its memory: use sudo, or the capability SYS_PTRACE"
        raise CannotAsk(msg) from None
    except (AttributeError, TypeError) as error:
        msg = f"what another version of Python tells of its tasks is not known here: {error}"
        raise CannotAsk(msg) from None
    except (RuntimeError, OSError, ValueError) as error:
        # What it ran into last is what says the least.
        cause: BaseException = error
        while cause.__context__ is not None:
            cause = cause.__context__
        msg = f"its memory tells nothing of tasks: {cause}; start it with 'snowshed run' instead"
        raise CannotAsk(msg) from None


def snapshots_of(threads: Iterable[Any]) -> list[TaskSnapshot]:
    """Return the tasks in what `RemoteUnwinder.get_all_awaited_by` has returned.

    Args:
        threads: for each thread, and once for tasks of none, the tasks with ``task_id``,
            ``task_name``, ``coroutine_stack`` and ``awaited_by``. The last two are lists with a
            ``call_stack``, the innermost frame first, and in ``task_name`` the id of a task.
    """
    tasks: dict[int, tuple[Any, int]] = {}
    awaits: dict[int, dict[int, None]] = {}
    for number, thread in enumerate(threads):
        for task in thread.awaited_by:
            tasks[task.task_id] = task, number
            for waiter in task.awaited_by:
                awaits.setdefault(waiter.task_name, {})[task.task_id] = None
    return [
        _snapshot(task, number, tuple(awaits.get(task.task_id, ())))
        for task, number in tasks.values()
    ]


def _snapshot(task: Any, thread: int, awaits: tuple[int, ...]) -> TaskSnapshot:
    stack: Stack = next(filter(None, map(_stack_of, task.coroutine_stack)), ())
    return TaskSnapshot(
        id=task.task_id,
        kind="task",
        name=str(task.task_name),
        state=_state_of(stack, awaits),
        function=stack[-1] if stack else _UNKNOWN,
        stack=stack,
        awaits=awaits,
        loop=thread,
    )


def _stack_of(coroutine: Any) -> Stack:
    return tuple(_frames_of(coroutine.call_stack))


def _frames_of(frames: Iterable[Any]) -> Iterator[Frame]:
    for frame in frames:
        # Since 3.15 the line is a part of `location`, which a frame written in C has none of.
        line = getattr(frame, "lineno", None)
        if line is None:
            line = getattr(getattr(frame, "location", None), "lineno", None)
        yield Frame(frame.funcname, frame.filename, line or 0)


def _state_of(stack: Stack, awaits: tuple[int, ...]) -> TaskState:
    if stack:
        path = PurePath(stack[0].file)
        guess = _GUESSES.get((path.name, stack[0].function))
        if path.parent.name == "asyncio" and guess is not None:
            return guess
    if awaits:
        return TaskState.AWAIT_TASK if len(awaits) == 1 else TaskState.GATHER
    return TaskState.FUTURE
