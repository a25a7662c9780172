"""What a call is told: never more than there is, never over the caller's own word."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed import open_scope
from snowshed.core import _clock
from snowshed.core._budget import CURRENT, OUTSIDE
from snowshed.core._deadline import Deadline
from snowshed.errors import DeadlineExceeded
from snowshed.integrations import _headers
from snowshed.integrations._observed import LightRequest
from snowshed.integrations._outgoing import Situation, plan, situation
from snowshed.integrations._request import Policy, RequestScope
from snowshed.shed import Baggage, Criticality, set_baggage
from snowshed.testing import run_virtual

TIMEOUT = "x-request-timeout-ms"
LEFT = st.floats(min_value=0.0, max_value=1e5)
ROOMS = st.none() | st.integers(min_value=0, max_value=10**6)
SAID = st.none() | st.sampled_from(["0", "-1", "1", "7", "250", "99999999", "soon", "1e3", ""])
OWN = st.none() | st.floats(min_value=1e-6, max_value=1e6)


def until(seconds, now=0.0):
    return Deadline(now + seconds, now + seconds, "GET /", 2.0)


def planned(there, *, own_timeout=None, now=0.0, **said):
    headers = {name.replace("_", "-"): value for name, value in said.items()}
    return plan(there, now=now, what="GET b", said=headers.get, own_timeout=own_timeout)


@given(LEFT, SAID, OWN)
def test_the_time_that_is_told_is_never_more_than_is_left_or_than_the_caller_waits(left, said, own):
    try:
        told = planned(Situation(until(left)), own_timeout=own, x_request_timeout_ms=said)
    except DeadlineExceeded:
        assert left < 0.001
        return
    assert left >= 0.001
    known = None if said is None else _headers.timeout_ms(said)
    if TIMEOUT in told.headers:
        ms = int(told.headers[TIMEOUT])
        assert 1 <= ms <= left * 1000
        assert own is None or ms <= max(own * 1000, 1)
        assert said is None or ms < known * 1000
    else:
        # The caller's own word stands: it was tighter, or it is not for us to understand.
        assert said is not None
        assert known is None or known <= left
    assert told.timeout == left


@given(ROOMS, SAID)
def test_the_budget_that_is_told_is_at_least_1_and_only_makes_the_callers_own_tighter(room, said):
    told = planned(Situation(budget=room), snowshed_budget=said).headers.get("snowshed-budget")
    known = None if said is None else _headers.task_budget(said)
    if told is None:
        assert room is None or said is not None
    else:
        assert int(told) == max(room, 1)
        assert said is None or int(told) < known


def test_class_and_id_are_handed_on_unless_the_caller_says_its_own():
    there = Situation(baggage=Baggage(Criticality.SHEDDABLE_PLUS, "r-1"))
    assert planned(there).headers == {"x-criticality": "sheddable-plus", "x-request-id": "r-1"}
    assert planned(there, x_criticality="critical", x_request_id="mine").headers == {}


def test_who_has_nothing_to_say_says_nothing():
    assert planned(Situation()) == ({}, None, "")


def test_a_call_that_is_too_late_names_the_scope_the_call_and_what_was_left():
    with pytest.raises(DeadlineExceeded, match="scope 'GET /'") as caught:
        planned(Situation(until(0.0009)))
    assert caught.value.scope == "GET /"
    assert caught.value.errno is None
    assert caught.value.__notes__ == ["GET b was not sent: less than a millisecond was left for it"]


def test_what_is_told_comes_from_the_scopes_around_the_code():
    async def main():
        assert situation() == Situation()
        set_baggage(Baggage(request_id="r-2"))
        async with open_scope("outer", budget=10, timeout=5.0), open_scope("inner", budget=50):
            await asyncio.sleep(1)
            there = situation()
        assert there.deadline.scope == "outer"
        assert there.deadline.remaining(_clock.now()) == pytest.approx(4.0)
        assert there.budget == 10
        assert there.baggage.request_id == "r-2"

    run_virtual(main())


def test_the_tightest_budget_is_told_less_what_lives_in_it():
    async def main():
        async with open_scope("outer", budget=4) as outer:
            await outer.spawn(asyncio.sleep, 1)
            async with open_scope("inner", budget=None) as inner:
                told = [await inner.spawn(tell) for _ in range(2)]
        # The first one has ended when the second looks.
        assert [task.result() for task in told] == [1, 2]
        async with open_scope("free", budget=None):
            assert situation().budget is None

    async def tell():
        return situation().budget

    run_virtual(main())


def test_a_request_that_is_only_observed_tells_nothing_and_stays_light():
    async def main():
        request = LightRequest(str, "GET /", Policy(enforce=False))
        token = CURRENT.set(request)
        try:
            assert situation() == Situation()
            assert type(request) is LightRequest or request.opened is None
        finally:
            request.end()
            CURRENT.reset(token)

    run_virtual(main())


def test_what_is_only_observed_around_a_scope_is_not_told():
    async def main():
        request = LightRequest(str, "GET /", Policy(budget=3, enforce=False))
        token = CURRENT.set(request)
        try:
            async with open_scope("inside", budget=9):
                return situation().budget
        finally:
            request.end()
            CURRENT.reset(token)

    assert run_virtual(main()) == 9


def test_a_task_that_outlives_its_scope_tells_nothing_of_it():
    async def main():
        async with open_scope("request", budget=3, timeout=1.0):
            late = asyncio.create_task(tell_later())
        assert await late == Situation()

    async def tell_later():
        await asyncio.sleep(0.5)
        return situation()

    run_virtual(main())


def test_clean_up_after_the_deadline_has_no_deadline_and_others_are_too_late():
    async def main():
        seen = {}

        async def detached():
            await asyncio.sleep(1.5)
            seen["detached"] = situation()

        async def clean(name):
            try:
                await asyncio.sleep(60)
            finally:
                seen[name] = situation()
                await asyncio.sleep(1)

        async def request():
            async with open_scope("request", timeout=1.0) as scope:
                others.append(asyncio.create_task(detached()))
                await scope.spawn(clean, "child")
                async with open_scope("inner"):
                    await clean("host")

        others = []
        with pytest.raises(DeadlineExceeded):
            await request()
        await others[0]
        return seen

    seen = run_virtual(main())
    assert seen["child"].deadline is seen["host"].deadline is None
    with pytest.raises(DeadlineExceeded):
        planned(seen["detached"], now=seen["detached"].deadline.at + 0.5)


def test_the_reserve_is_the_time_of_clean_up():
    left = []

    async def main():
        async with open_scope("request", timeout=3.0, reserve=1.0):
            try:
                await asyncio.sleep(60)
            finally:
                left.append(situation().deadline.remaining(_clock.now()))

    with pytest.raises(DeadlineExceeded):
        run_virtual(main())
    assert left == [pytest.approx(1.0)]


def test_a_request_whose_deadline_was_lifted_has_none_to_tell():
    async def main():
        policy = Policy(timeout=1.0)
        async with RequestScope("GET /", policy, timeout=1.0, budget=5) as request:
            assert situation().deadline.timeout == 1.0
            request.begin_response()
            assert situation().deadline is None

    run_virtual(main())


def test_in_a_thread_the_same_is_told():
    async def main():
        async with open_scope("request", budget=7, timeout=math.inf) as scope:
            return await scope.run_sync(situation)

    # The job itself is one of the seven.
    assert asyncio.run(main()).budget == 6


def test_outside_nothing_is_told():
    assert CURRENT.get() is OUTSIDE
    assert situation().budget is None
