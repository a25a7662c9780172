from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest

from snowshed.demo import shop
from snowshed.demo._schedule import (
    arrivals,
    fitting_concurrency,
    flood_plan,
    idle_plan,
    make_plans,
    overload_plan,
)


def test_one_plan_gives_the_same_arrivals_every_time() -> None:
    assert arrivals(flood_plan(10)) == arrivals(flood_plan(10))


def test_arrivals_come_in_order_and_within_the_run() -> None:
    times = [arrival.at for arrival in arrivals(flood_plan(10))]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < 10


def test_heavy_requests_come_only_while_the_flood_lasts_at_their_rate() -> None:
    plan = flood_plan(20)
    heavy = [arrival for arrival in arrivals(plan) if arrival.kind == "heavy"]
    assert len(heavy) == round(6.0 * plan.heavy_rate)
    assert all(plan.flood_from <= arrival.at < plan.flood_until for arrival in heavy)
    assert {arrival.path for arrival in heavy} == {"/report?items=500"}


def test_light_requests_come_at_their_rate_through_the_whole_run() -> None:
    plan = flood_plan(100)
    times = [arrival.at for arrival in arrivals(plan) if arrival.kind == "light"]
    assert len(times) == pytest.approx(plan.light_rate * 100, rel=0.05)
    for start in range(0, 100, 10):
        assert any(start <= at < start + 10 for at in times)


def test_light_requests_come_at_random_and_not_in_step() -> None:
    times = [arrival.at for arrival in arrivals(flood_plan(100)) if arrival.kind == "light"]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    mean = sum(gaps) / len(gaps)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    assert spread == pytest.approx(mean, rel=0.1)  # as of an exponential distribution


def test_the_uniform_flood_is_of_light_requests_and_five_times_what_the_carrier_answers() -> None:
    plan = overload_plan(90)
    planned = arrivals(plan)
    assert {arrival.kind for arrival in planned} == {"light"}
    assert all(arrival.path.startswith("/shipping/") for arrival in planned)
    capacity = shop.CARRIER_CONNECTIONS / shop.CARRIER_TIME
    assert capacity == plan.capacity
    flood = [a for a in planned if plan.flood_from <= a.at < plan.flood_until]
    seconds = plan.flood_until - plan.flood_from
    assert len(flood) / seconds == pytest.approx(5 * capacity, rel=0.05)
    calm = len(planned) - len(flood)
    assert calm / (plan.seconds - seconds) == pytest.approx(0.6 * capacity, rel=0.1)


def test_an_additional_rate_leaves_the_other_arrivals_where_they_were() -> None:
    plan = overload_plan(9)
    calm = arrivals(replace(plan, surge_rate=0.0))
    assert set(calm) < set(arrivals(plan))


def test_the_limit_of_uvicorn_keeps_answers_in_time_and_the_carrier_busy() -> None:
    limit = fitting_concurrency() - 1  # uvicorn counts the one that asks
    assert limit >= 2 * shop.CARRIER_CONNECTIONS
    longest = limit / shop.CARRIER_CONNECTIONS * shop.CARRIER_TIME
    assert longest + shop.CARRIER_TIME < overload_plan(9).objective


def test_idle_connections_are_as_many_as_uvicorn_takes_and_are_not_closed_by_it() -> None:
    plan = idle_plan(1000.0)
    assert plan.concurrency is not None
    assert plan.idle + 1 == plan.concurrency
    assert plan.seconds < 5
    assert plan.light_rate == shop.CARRIER_CONNECTIONS / shop.CARRIER_TIME / 2


def test_the_seven_runs_take_the_seconds_that_were_given() -> None:
    flood, overload, idle = make_plans(62.0)
    assert 2 * flood.seconds + 3 * overload.seconds + 2 * idle.seconds == pytest.approx(62.0)
    assert flood.seconds == 16.0


@pytest.mark.parametrize("seconds", [0.0, -1.0, 7.9, math.nan, math.inf])
def test_a_demo_too_short_to_show_anything_is_refused_with_its_value(seconds: float) -> None:
    with pytest.raises(ValueError, match=repr(seconds)):
        make_plans(seconds)
