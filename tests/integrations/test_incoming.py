"""A request of any protocol: put into a scope, ended by its limits, or refused before it began."""

from __future__ import annotations

import asyncio

import pytest

from snowshed import BudgetExceeded, DeadlineExceeded, Overloaded, current_scope, open_scope
from snowshed.core._budget import CURRENT, OUTSIDE
from snowshed.integrations import _request
from snowshed.integrations._incoming import (
    Caller,
    Incoming,
    Refused,
    checked_policy,
    is_in_request,
    refusal_of,
)
from snowshed.integrations._request import Policy, RequestScope, Tally
from snowshed.shed import Baggage, Criticality, current_baggage, set_baggage
from snowshed.testing import run_virtual


def caller(*headers, **options):
    return Caller("GET", "/thing", headers, **options)


def handled(work, *headers, policy=None, time_left=None, **options):
    incoming = Incoming(policy or Policy(), **options)
    return run_virtual(incoming.handle(caller(*headers, time_left=time_left), work))


def test_the_tightest_of_policy_protocol_and_headers_counts():
    async def work(scope, level):
        assert current_scope() is scope
        assert level == "normal"
        return scope.remaining(), scope.statistics().budget

    policy = Policy(budget=9, timeout=5.0)
    assert handled(work, policy=policy) == (5.0, 9)
    assert handled(work, policy=policy, time_left=2.0) == (2.0, 9)
    asked = (b"x-request-timeout-ms", b"1000"), (b"snowshed-budget", b"3")
    assert handled(work, *asked, policy=policy, time_left=2.0) == (1.0, 3)


def test_a_request_carries_its_own_baggage_even_if_that_is_nothing():
    async def work(scope, level):
        return current_baggage()

    async def main():
        set_baggage(Baggage(Criticality.SHEDDABLE, "of another request"))
        return await Incoming(Policy()).handle(caller(), work)

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
    async def work(scope, level):
        return current_baggage().criticality

    headers = [(b"x-criticality", b"critical-plus")]
    incoming = Incoming(Policy(), trusted=trusted)
    assert run_virtual(incoming.handle(caller(*headers, peer=peer), work)) is expected


def test_over_time_over_budget_and_overload_are_told_apart():
    async def sleep(scope, level):
        await asyncio.sleep(60)

    async def spawn(scope, level):
        for _ in range(2):
            scope.spawn_nowait(asyncio.sleep, 60)

    class Full:
        def offer(self, *_):
            raise Overloaded("limiter at 1 of 1", "limit", 4.0)

    for work, options, why, retry_after in (
        (sleep, {"policy": Policy(timeout=1.0)}, "late", None),
        (spawn, {"policy": Policy(budget=1)}, "budget", 1.0),
        (sleep, {"admission": Full()}, "overloaded", 4.0),
    ):
        with pytest.raises(Refused) as caught:
            handled(work, **options)
        assert (caught.value.why, caught.value.retry_after) == (why, retry_after)
        assert caught.value.__cause__ is not None


def test_a_limit_that_is_met_when_the_response_has_begun_is_an_error_of_the_application():
    async def work(scope, level):
        scope.begin_response()
        for _ in range(2):
            scope.spawn_nowait(asyncio.sleep, 60)

    with pytest.raises(BudgetExceeded):
        handled(work, policy=Policy(budget=1))


def test_a_child_that_takes_too_long_makes_the_request_late():
    async def work(scope, level):
        scope.spawn_nowait(asyncio.sleep, 60)
        return "an answer that comes too late"

    with pytest.raises(Refused) as caught:
        handled(work, policy=Policy(timeout=1.0))
    assert caught.value.why == "late"


def test_a_scope_that_is_cancelled_gives_no_answer():
    async def work(scope, level):
        scope.cancel("enough")
        await asyncio.sleep(60)

    assert handled(work) is None


def test_admission_hears_of_the_end_whatever_that_was():
    told = []

    class Desk:
        budget, level, timeout = 2, "light", None

        def offer(self, method, path, headers, time_left):
            told.append((method, path, time_left))
            return self

        def finish(self, request, *, failed):
            told.append((request.name, failed))

    async def work(scope, level):
        assert (level, scope.statistics().budget) == ("light", 2)

    async def fail(scope, level):
        raise LookupError

    handled(work, admission=Desk(), time_left=3.0)
    with pytest.raises(LookupError):
        handled(fail, admission=Desk())
    assert told == [
        ("GET", "/thing", 3.0),
        ("GET /thing", False),
        ("GET", "/thing", None),
        ("GET /thing", True),
    ]


def test_a_refusal_is_found_in_what_frameworks_make_of_it():
    request = RequestScope("GET /thing", Policy(), timeout=None, budget=1)
    wrapped = RuntimeError()
    wrapped.__cause__ = BudgetExceeded("x", 1, 1)
    assert refusal_of(wrapped, request) == "budget"
    assert refusal_of(ExceptionGroup("", [LookupError(), wrapped]), request) == "budget"
    assert refusal_of(DeadlineExceeded("GET /thing", 1.0), request) == "late"
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
    async def work(scope, level):
        async with open_scope("inside"):
            other = asyncio.create_task(elsewhere())
            return is_in_request(), await other

    async def elsewhere():
        return is_in_request()

    async def main():
        assert not is_in_request()
        return await Incoming(Policy()).handle(caller(), work)

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
