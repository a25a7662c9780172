"""A request of any protocol: put into a scope, ended by its limits, or refused before it began."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from integrations._desk import Desk
from snowshed import BudgetExceeded, DeadlineExceeded, Overloaded, current_scope, open_scope
from snowshed.core._budget import CURRENT, OUTSIDE
from snowshed.integrations import _request
from snowshed.integrations._incoming import (
    GONE,
    Caller,
    Incoming,
    Refused,
    is_in_request,
)
from snowshed.integrations._problem import TOO_LATE, TOO_MANY, TOO_MUCH, refusal_of
from snowshed.integrations._request import Policy, RequestScope, Tally, checked_policy
from snowshed.shed import Baggage, Criticality, current_baggage, set_baggage
from snowshed.testing import run_virtual


def caller(*headers, **options):
    return Caller("GET", "/thing", headers, **options)


def handle(incoming, request, work):
    def has_failed(answer, error):
        return error is not None

    return incoming.handle(request, work, has_failed=has_failed)


def handled(work, *headers, policy=None, time_left=None, **options):
    incoming = Incoming(policy or Policy(), **options)
    return run_virtual(handle(incoming, caller(*headers, time_left=time_left), work))


def test_the_tightest_of_policy_protocol_and_headers_counts():
    async def work(scope, admitted):
        assert current_scope() is scope
        assert admitted is None
        return scope.remaining(), scope.statistics().budget

    policy = Policy(budget=9, timeout=5.0)
    assert handled(work, policy=policy) == (5.0, 9)
    assert handled(work, policy=policy, time_left=2.0) == (2.0, 9)
    asked = (b"x-request-timeout-ms", b"1000"), (b"snowshed-budget", b"3")
    assert handled(work, *asked, policy=policy, time_left=2.0) == (1.0, 3)


def test_a_request_carries_its_own_baggage_even_if_that_is_nothing():
    async def work(scope, admitted):
        return current_baggage()

    async def main():
        set_baggage(Baggage(Criticality.SHEDDABLE, "of another request"))
        return await handle(Incoming(Policy()), caller(), work)

    assert run_virtual(main()) == Baggage()


@pytest.mark.parametrize(
    ("trusted", "peer", "expected"),
    [
        ((), "10.1.2.3", Criticality.CRITICAL),
        (["10.0.0.0/8"], "10.1.2.3", Criticality.CRITICAL_PLUS),
        (["10.0.0.0/8"], "11.1.2.3", Criticality.CRITICAL),
        (["unix"], None, Criticality.CRITICAL_PLUS),
        ((), None, Criticality.CRITICAL),
    ],
)
def test_only_a_trusted_peer_can_raise_the_class(trusted, peer, expected):
    async def work(scope, admitted):
        return current_baggage().criticality

    headers = [(b"x-criticality", b"critical-plus")]
    incoming = Incoming(Policy(), trusted=trusted)
    assert run_virtual(handle(incoming, caller(*headers, peer=peer), work)) is expected


def test_over_time_over_budget_and_overload_are_told_apart():
    async def sleep(scope, admitted):
        await asyncio.sleep(60)

    async def spawn(scope, admitted):
        for _ in range(2):
            scope.spawn_nowait(asyncio.sleep, 60)

    full = Desk(refusal=Overloaded("limiter at 1 of 1", "limit", 4.0))
    for work, options, problem, retry_after in (
        (sleep, {"policy": Policy(timeout=1.0)}, TOO_LATE, {None}),
        (spawn, {"policy": Policy(budget=1)}, TOO_MUCH, {1.0, 2.0, 3.0, 4.0}),
        (sleep, {"admission": full}, TOO_MANY, {4.0}),
    ):
        with pytest.raises(Refused) as caught:
            handled(work, **options)
        assert caught.value.problem == problem
        assert caught.value.retry_after in retry_after
        assert caught.value.__cause__ is not None


def test_a_limit_that_is_met_when_the_response_has_begun_is_an_error_of_the_application():
    async def work(scope, admitted):
        scope.begin_response()
        for _ in range(2):
            scope.spawn_nowait(asyncio.sleep, 60)

    with pytest.raises(BudgetExceeded):
        handled(work, policy=Policy(budget=1))


def test_a_child_that_takes_too_long_makes_the_request_late():
    async def work(scope, admitted):
        scope.spawn_nowait(asyncio.sleep, 60)
        return "an answer that comes too late"

    with pytest.raises(Refused) as caught:
        handled(work, policy=Policy(timeout=1.0))
    assert caught.value.problem is TOO_LATE


def test_a_scope_that_is_cancelled_gives_no_answer():
    async def work(scope, admitted):
        scope.cancel("enough")
        await asyncio.sleep(60)

    assert handled(work) is None


def test_admission_hears_of_the_beginning_of_the_response_and_of_the_end():
    desk = Desk(budget=2, timeout=1.5)

    async def work(scope, admitted):
        assert admitted is desk
        assert desk.handled == [scope]
        return scope.statistics().budget, scope.remaining()

    assert handled(work, admission=desk, time_left=3.0) == (2, 1.5)
    assert desk.offers == [("GET", "/thing", 3.0, False)]
    assert desk.begun == 1
    assert desk.finished == [("GET /thing", False, False, None)]


def test_admission_hears_of_failures_and_of_clients_that_leave():
    async def fail(scope, admitted):
        raise LookupError

    async def late(scope, admitted):
        await asyncio.sleep(60)

    async def leave(scope, admitted):
        scope.cancel(GONE)
        await asyncio.sleep(60)

    async def cancelled(scope, admitted):
        asyncio.current_task().cancel()
        await asyncio.sleep(60)

    async def leave_later(scope, admitted):
        scope.begin_response()
        await leave(scope, admitted)

    ends = [
        (fail, LookupError, True, False),
        (late, Refused, True, False),
        (leave, None, False, True),
        (cancelled, asyncio.CancelledError, True, True),
        (leave_later, None, False, False),
    ]
    for work, error, failed, gone in ends:
        desk = Desk(timeout=1.0)
        with pytest.raises(error) if error else contextlib.nullcontext():
            handled(work, admission=desk)
        assert desk.finished == [("GET /thing", failed, gone, None)], work


def test_an_admission_that_only_counts_changes_nothing_else():
    desk = Desk(timeout=0.1)
    incoming = Incoming(Policy(enforce=False, budget=1), admission=desk)
    assert not incoming.only_watches

    async def work(scope, admitted):
        await asyncio.sleep(1)
        raise BudgetExceeded("a scope of the application's", 1, 1)

    with pytest.raises(BudgetExceeded):
        run_virtual(handle(incoming, caller(), work))
    assert len(desk.finished) == 1


def test_a_refusal_is_found_in_what_frameworks_make_of_it():
    request = RequestScope("GET /thing", Policy(), timeout=None, budget=1)
    wrapped = RuntimeError()
    wrapped.__cause__ = BudgetExceeded("x", 1, 1)
    assert refusal_of(wrapped, request) is TOO_MUCH
    assert refusal_of(ExceptionGroup("", [LookupError(), wrapped]), request) is TOO_MUCH
    assert refusal_of(DeadlineExceeded("GET /thing", 1.0), request) is TOO_LATE
    assert refusal_of(DeadlineExceeded("a scope inside", 1.0), request) is None
    assert refusal_of(LookupError(), request) is None


def test_what_is_observed_is_counted_and_left_as_it_was(monkeypatch):
    tally = Tally(None)
    monkeypatch.setattr(_request, "tally", tally)
    incoming = Incoming(Policy(enforce=False, timeout=0.1))

    async def work():
        assert is_in_request()
        await asyncio.sleep(1)
        return "answer"

    async def fail():
        raise LookupError

    async def main():
        assert await incoming.observe(caller(), work) == "answer"
        with pytest.raises(LookupError):
            await incoming.observe(caller(), fail)
        assert CURRENT.get() is OUTSIDE

    run_virtual(main())
    assert (tally.ended, len(tally.open)) == (2, 0)


def test_one_is_in_a_request_in_its_own_task_only():
    async def work(scope, admitted):
        async with open_scope("inside"):
            other = asyncio.create_task(elsewhere())
            return is_in_request(), await other

    async def elsewhere():
        return is_in_request()

    async def main():
        assert not is_in_request()
        return await handle(Incoming(Policy()), caller(), work)

    assert run_virtual(main()) == (True, False)


def test_a_policy_that_is_not_positive_names_its_owner():
    with pytest.raises(ValueError, match="Door: timeout must be positive, not 0"):
        checked_policy(
            "Door",
            budget=1,
            timeout=0,
            enforce=True,
            on_excess="reject",
            after_budget=1,
            grace=0.0,
        )
