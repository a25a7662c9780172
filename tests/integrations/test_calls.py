"""A call is planned, asked for and reported; what fails in that never stops it."""

from __future__ import annotations

import asyncio

import pytest

from integrations._guards import NotingGuard
from snowshed import CircuitOpen, DeadlineExceeded, open_scope
from snowshed.integrations import _calls
from snowshed.integrations._calls import Calls, CallStatistics, OutOfTime, within
from snowshed.integrations._outgoing import SLACK
from snowshed.testing import run_virtual


def begin(calls, *names, request=None):
    return calls.begin(request, "GET b", names or ("b:80", "b"), said={}.get)


async def in_scope(function, *args, **options):
    async with open_scope("request", **{"budget": 5, "timeout": 1.0, **options}):
        return function(*args)


def test_each_call_is_counted_and_told():
    calls = Calls()
    call = run_virtual(in_scope(begin, calls))
    assert call.headers == {"x-request-timeout-ms": "1000", "snowshed-budget": "5"}
    assert call.timeout == 1.0
    begin(calls)
    assert calls.statistics() == CallStatistics(
        calls=2, told=1, bounded=1, expired=0, refused=0, late=0
    )
    assert repr(calls) == "<Calls: 2 calls, 1 told>"


@pytest.mark.parametrize(
    ("hosts", "host", "told"),
    [
        (["b", "c"], "b", True),
        (["b"], "c", False),
        (["B.Example"], "b.example", True),
        ([".example"], "b.EXAMPLE", True),
        ([".example"], "example", False),
        ([".example"], "badexample", False),
        (["*"], "b", True),
        ([], "b", False),
        (lambda host: host.startswith("b"), "b", True),
        (lambda host: host.startswith("b"), "c", False),
    ],
)
def test_only_those_who_should_know_are_told_but_every_call_is_bounded(hosts, host, told):
    calls = Calls(hosts=hosts)
    call = run_virtual(in_scope(begin, calls, host))
    assert bool(call.headers) is told
    assert call.timeout == 1.0
    assert calls.statistics().told == told


def test_one_name_for_hosts_is_a_mistake_that_is_pointed_out():
    with pytest.raises(TypeError, match=r"write \['api.example.com'\]"):
        Calls(hosts="api.example.com")


@pytest.mark.parametrize("name", ["b", "b:80"])
def test_a_guard_is_found_by_host_with_or_without_port(name):
    guard = NotingGuard()
    calls = Calls(guards={name: guard, "other": NotingGuard(LookupError())})
    begin(calls).answered(200)
    begin(calls).answered(503)
    begin(calls, "c").answered(503)
    assert guard.outcomes == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "succeeded"),
        (302, "succeeded"),
        (404, "succeeded"),
        (500, "succeeded"),
        (429, "failed"),
        (502, "failed"),
        (503, "failed"),
        (504, "failed"),
    ],
)
def test_an_answer_fails_if_it_says_that_the_target_is_in_trouble(status, outcome):
    guard = NotingGuard()
    begin(Calls(guards=lambda _request: guard)).answered(status)
    assert guard.outcomes == [outcome]


def test_guards_may_be_several_or_none_as_a_function_of_the_request_says():
    first, second = NotingGuard(), NotingGuard()
    calls = Calls(guards={"both": (first, second), "none": None}.get)
    assert begin(calls, request="both").is_guarded
    assert not begin(calls, request="none").is_guarded
    assert first.outcomes == second.outcomes == ["ignored"]


def test_what_a_second_guard_refuses_the_first_is_told_to_ignore():
    first = NotingGuard()
    second = NotingGuard(CircuitOpen("b", "10 of 10 failed", 1.0))
    calls = Calls(guards=lambda _request: [first, second])
    with pytest.raises(CircuitOpen):
        begin(calls)
    assert first.outcomes == ["ignored"]
    assert calls.statistics().refused == 1


def test_a_call_that_is_too_late_is_not_asked_for():
    guard = NotingGuard()
    calls = Calls(guards={"b": guard})

    async def late():
        async with open_scope("request", timeout=1e-9):
            begin(calls)

    with pytest.raises(DeadlineExceeded):
        run_virtual(late())
    assert guard.outcomes == []
    assert calls.statistics().expired == 1


async def wait_in_scope(calls, answer, *, guard_of="b", timeout=1.0):
    async with open_scope("request", timeout=timeout):
        return await calls.wait(begin(calls), "GET b", answer)


def test_an_answer_in_time_is_returned():
    assert run_virtual(wait_in_scope(Calls(), asyncio.sleep(0.5, "it"))) == "it"


def test_the_deadline_of_the_scope_goes_before_the_bound_of_the_call():
    guard = NotingGuard()
    calls = Calls(guards={"b": guard})
    with pytest.raises(DeadlineExceeded):
        run_virtual(wait_in_scope(calls, asyncio.sleep(60)))
    assert guard.outcomes == ["expired"]
    assert calls.statistics().late == 0


def test_a_call_of_a_task_that_the_scope_does_not_own_is_bounded_all_the_same():
    guard = NotingGuard()
    calls = Calls(guards={"b": guard})

    async def call():
        await calls.wait(begin(calls), "GET b", asyncio.sleep(60))

    async def main():
        async with open_scope("request", timeout=1.0):
            task = asyncio.create_task(call())
            await asyncio.sleep(0.1)
        with pytest.raises(OutOfTime, match=r"GET b: no answer within 1.000 s.*'request'"):
            await task
        return asyncio.get_running_loop().time()

    # A little after the deadline, so that a scope that does own the task goes first.
    assert run_virtual(main()) == pytest.approx(1.0 + SLACK)
    assert guard.outcomes == ["expired"]
    assert calls.statistics().late == 1


def test_a_caller_that_leaves_says_nothing_about_the_target():
    guard = NotingGuard()
    calls = Calls(guards={"b": guard})

    async def main():
        task = asyncio.create_task(wait_in_scope(calls, asyncio.sleep(60)))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert run_virtual(main())
    assert guard.outcomes == ["ignored"]


def test_an_error_of_the_connection_is_a_failure_and_is_raised_as_it_is():
    guard = NotingGuard()

    async def broken():
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        run_virtual(wait_in_scope(Calls(guards={"b": guard}), broken()))
    assert guard.outcomes == ["failed"]


def test_a_timeout_of_the_library_itself_stays_what_it_is():
    async def broken():
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        run_virtual(within(1.0, broken()))


def test_a_failure_of_ours_is_logged_once_and_calls_go_on_without_us(monkeypatch, caplog):
    def broken():
        raise LookupError

    monkeypatch.setattr(_calls, "situation", broken)
    calls = Calls()
    assert begin(calls).headers == begin(calls).headers == {}
    assert [record.message for record in caplog.records] == [
        "snowshed failed at planning a call; calls go out without it"
    ]
    assert repr(calls) == "<Calls: switched off>"


def test_the_callers_timeout_is_capped_by_what_is_left():
    call = run_virtual(in_scope(begin, Calls()))
    assert call.cap(0.5) == 0.5
    assert call.cap(None) == call.cap(30.0) == pytest.approx(1.0, abs=0.01)
    assert begin(Calls()).cap(None) is None
