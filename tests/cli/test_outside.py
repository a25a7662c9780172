"""Reading a process from outside, with a stand-in for what Python 3.14 has for that.

The stand-in returns what `_remote_debugging.RemoteUnwinder.get_all_awaited_by` of CPython 3.14
does: sequences with the field names of its ``AwaitedInfo``, ``TaskInfo``, ``CoroInfo`` and
``FrameInfo``. No interpreter of that version was at hand.
"""

from __future__ import annotations

import json
import os
import sys
import types
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import _debugged
from snowshed.cli import main
from snowshed.cli._ask import CannotAsk, Question
from snowshed.cli._outside import reader_of, snapshots_of
from snowshed.model import Frame, TaskState
from snowshed.observe._waits import WaitGraph

AwaitedInfo = namedtuple("AwaitedInfo", "thread_id awaited_by")
TaskInfo = namedtuple("TaskInfo", "task_id task_name coroutine_stack awaited_by")
CoroInfo = namedtuple("CoroInfo", "call_stack task_name")
FrameInfo = namedtuple("FrameInfo", "filename lineno funcname")
Location = namedtuple("Location", "lineno end_lineno col_offset end_col_offset")
LaterFrameInfo = namedtuple("LaterFrameInfo", "filename location funcname opcode")

LIB = "/usr/lib/python3.14/asyncio"
MAIN = FrameInfo("/srv/app.py", 21, "main")
DEEP = FrameInfo("/srv/app.py", 11, "deep")
C1 = FrameInfo("/srv/app.py", 15, "c1")
SLEEP = FrameInfo(f"{LIB}/tasks.py", 700, "sleep")
ACQUIRE = FrameInfo(f"{LIB}/locks.py", 113, "Lock.acquire")
AENTER = FrameInfo(f"{LIB}/locks.py", 15, "_ContextManagerMixin.__aenter__")


def task(number: int, name: str, *stack: Any, by: tuple[Any, ...] = ()) -> Any:
    return TaskInfo(number, name, [CoroInfo([*stack], number)] if stack else [], [*by])


def gathering() -> list[Any]:
    """What CPython's own test of `asyncio.gather` expects, and tasks that wait for locks."""
    by_main = CoroInfo([MAIN], 1)
    return [
        AwaitedInfo(
            4711,
            [
                task(1, "Task-1", MAIN),
                task(2, "Task-2", SLEEP, DEEP, C1, by=(by_main,)),
                task(3, "Task-3", ACQUIRE, AENTER, C1, by=(by_main,)),
            ],
        ),
        AwaitedInfo(0, [task(4, "Task-4")]),
    ]


class TestReading:
    def test_each_task_has_its_stack_and_whom_it_awaits(self) -> None:
        first, second, third, fourth = snapshots_of(gathering())
        assert (first.id, first.name, first.awaits) == (1, "Task-1", (2, 3))
        assert first.function == Frame("main", "/srv/app.py", 21)
        assert [str(frame) for frame in second.stack] == [
            f"{LIB}/tasks.py:700 sleep",
            "/srv/app.py:11 deep",
            "/srv/app.py:15 c1",
        ]
        assert (second.loop, fourth.loop, third.age) == (0, 1, None)

    def test_what_it_waits_for_is_guessed_from_where_it_stands(self) -> None:
        states = [each.state for each in snapshots_of(gathering())]
        assert states == [TaskState.GATHER, TaskState.SLEEP, TaskState.LOCK, TaskState.FUTURE]

    def test_a_function_of_the_same_name_elsewhere_is_no_guess(self) -> None:
        own = FrameInfo("/srv/tasks.py", 3, "sleep")
        (found,) = snapshots_of([AwaitedInfo(1, [task(1, "a", own)])])
        assert found.state is TaskState.FUTURE

    def test_one_that_awaits_a_single_task_awaits_it(self) -> None:
        tasks = [task(1, "a", MAIN), task(2, "b", SLEEP, by=(CoroInfo([MAIN], 1),))]
        assert snapshots_of([AwaitedInfo(1, tasks)])[0].state is TaskState.AWAIT_TASK

    def test_a_task_that_is_told_of_twice_is_there_once(self) -> None:
        again = [AwaitedInfo(1, [task(1, "a", MAIN)]), AwaitedInfo(0, [task(1, "a", MAIN)])]
        assert len(snapshots_of(again)) == 1

    def test_frames_of_a_later_version_have_their_line_in_a_location(self) -> None:
        frames = [
            LaterFrameInfo("", None, "native", None),
            LaterFrameInfo("/srv/app.py", Location(21, 21, 4, 9), "main", None),
        ]
        (found,) = snapshots_of([AwaitedInfo(1, [task(1, "a", *frames)])])
        assert [frame.line for frame in found.stack] == [0, 21]

    def test_a_cycle_that_pstree_only_refuses_to_print_is_a_deadlock(self) -> None:
        tasks = [
            task(1, "a", MAIN, by=(CoroInfo([C1], 2),)),
            task(2, "b", C1, by=(CoroInfo([MAIN], 1),)),
        ]
        graph = WaitGraph.of(snapshots_of([AwaitedInfo(1, tasks)]))
        assert [each.tasks for each in graph.deadlocks] == [2]


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Give this interpreter the module, with what it returns or raises."""

    def give(found: object = None) -> None:
        class RemoteUnwinder:
            def __init__(self, pid: int) -> None:
                assert pid == os.getpid()

            def get_all_awaited_by(self) -> object:
                if isinstance(found, Exception):
                    raise found
                return found

        module = types.ModuleType("_remote_debugging")
        module.RemoteUnwinder = RemoteUnwinder  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "_remote_debugging", module)

    with _debugged.place():
        yield give


class TestAsAProcess:
    def test_an_interpreter_that_cannot_do_it_says_so_by_having_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "_remote_debugging", None)
        assert reader_of(1) is None
        # 3.14.0a had the module with functions only.
        monkeypatch.setitem(sys.modules, "_remote_debugging", types.ModuleType("x"))
        assert reader_of(1) is None

    def test_the_pages_are_answered_as_by_a_process_under_snowshed(
        self, interpreter: Callable[..., None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        interpreter(gathering())
        pid = str(os.getpid())
        assert main(["tasks", pid, "--group-by", "state", "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["total"] == 4
        assert {group["state"] for group in found["groups"]} == {
            "gather",
            "sleep",
            "lock",
            "future",
        }
        assert main(["waits", pid]) == 0
        assert "1 task waits behind" in capsys.readouterr().out
        assert main(["dump", pid, "--format", "debug=2"]) == 0
        assert "goroutine 3 [lock]" in capsys.readouterr().out
        assert main(["top", pid, "--once"]) == 0
        assert "4 tasks and threads in process" in capsys.readouterr().out

    def test_what_it_cannot_tell_is_said(self, interpreter: Callable[..., None]) -> None:
        interpreter([])
        reader = reader_of(os.getpid())
        assert reader is not None
        with pytest.raises(CannotAsk, match="read from outside: nothing of that name"):
            reader.ask(Question("snowshed/sites"))

    def test_without_the_right_to_read_it_it_says_how_to_get_it(
        self, interpreter: Callable[..., None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        interpreter(PermissionError(1, "no"))
        assert main(["tasks", str(os.getpid())]) == 2
        assert "use sudo, or the capability SYS_PTRACE" in capsys.readouterr().err

    def test_the_first_reason_of_a_failure_is_told(
        self, interpreter: Callable[..., None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        error = RuntimeError("Failed to initialize")
        error.__context__ = RuntimeError("Can't attach from a Python 3.14 process to a 3.13 one")
        interpreter(error)
        assert main(["tasks", str(os.getpid())]) == 2
        assert "Can't attach from a Python 3.14 process" in capsys.readouterr().err

    def test_a_shape_that_is_not_known_is_one_line_too(
        self, interpreter: Callable[..., None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        interpreter([(1, [])])
        assert main(["tasks", str(os.getpid())]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "another version of Python" in line
