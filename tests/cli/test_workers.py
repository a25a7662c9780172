"""The workers of a service are examined at the same time, and told of as one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from _snapshots import task
from doctor._task_pages import page
from snowshed.cli._access import Access, Asking
from snowshed.cli._ask import CannotAsk, NoSuchPage, Process, Question
from snowshed.cli._workers import AT_ONCE, of_processes
from snowshed.errors import FormatError
from snowshed.formats import pprof
from snowshed.observe._go_profile._go_profile import goroutine_profile

ASKING = Asking(access=Access(30.0), force=False, apart=0.0)
Answers = Callable[[Question], bytes]


def worker(number: int, tasks: int = 3, answers: Answers | None = None) -> Process:
    made = [task(n) for n in range(1, tasks + 1)]

    def answer(question: Question) -> bytes:
        if question.page == "pprof/goroutine":
            return pprof.write(goroutine_profile(made))
        if question.page == "snowshed/tasks":
            return page(made)
        raise NoSuchPage("there is none (404)")

    return Process(str(number), number, answers or answer)


def test_all_are_one_patient() -> None:
    found = of_processes("4700", [worker(4711, 3), worker(4712, 4)], ASKING)
    assert [look.total for look in found.looks] == [7] * 4
    assert [look.listed for look in found.looks] == [False, False, True, True]
    assert found.warnings == ()


def test_one_that_does_not_answer_is_a_warning() -> None:
    def silent(question: Question) -> bytes:
        raise CannotAsk("no answer within 1 s")

    found = of_processes("4700", [worker(4711), worker(4712, answers=silent)], ASKING)
    assert [look.total for look in found.looks] == [3] * 4
    assert found.warnings == ("4712: no answer within 1 s; left out",)
    with pytest.raises(CannotAsk, match="4711: no answer"):
        of_processes("4700", [worker(n, answers=silent) for n in (4711, 4712)], ASKING)


def test_one_that_sends_something_else_is_a_warning_too() -> None:
    found = of_processes(
        "4700", [worker(4711), worker(4712, answers=lambda _: b"<html>Sign in")], ASKING
    )
    assert len(found.looks) == 4
    assert "4712 goroutine, byte 0: a web page" in found.warnings[0]
    with pytest.raises(FormatError):
        of_processes("4700", [worker(4712, answers=lambda _: b"<html>Sign in")], ASKING)


def test_a_page_that_fails_is_left_out_with_its_reason() -> None:
    def busy(question: Question) -> bytes:
        if question.page == "snowshed/sites":
            raise CannotAsk("busy; ask again")
        return worker(1).answers(question)

    found = of_processes("4711", [worker(4711, answers=busy)], ASKING)
    assert len(found.looks) == 4
    (warning,) = found.warnings
    assert warning == "4711: busy; ask again; left out: /debug/snowshed/sites?limit=1000"


def test_not_more_than_so_many_are_asked_at_once() -> None:
    now, most, lock = [0], [0], threading.Lock()
    several = threading.Event()

    def counting(question: Question) -> bytes:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
            if now[0] > 1:
                several.set()
        try:
            # However slow the machine is, the first does not end before the second has come.
            assert several.wait(30)
            return worker(1).answers(question)
        finally:
            with lock:
                now[0] -= 1

    of_processes("1", [worker(n, answers=counting) for n in range(1, AT_ONCE + 9)], ASKING)
    assert 1 < most[0] <= AT_ONCE


def test_where_one_is_not_listed_none_is() -> None:
    def without_list(question: Question) -> bytes:
        if question.page == "pprof/goroutine" and not question.parameters:
            return pprof.write(goroutine_profile([task(n) for n in range(100_001)]))
        return worker(1).answers(question)

    found = of_processes("4700", [worker(4711), worker(4712, answers=without_list)], ASKING)
    assert [look.listed for look in found.looks] == [False, False]
    assert any("not all of its processes were listed" in each for each in found.warnings)
