from __future__ import annotations

import itertools
import math

import pytest

from snowshed.demo import shop
from snowshed.demo._schedule import arrivals, flood_plan, make_plans, overload_plan


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


def test_an_overload_is_light_requests_only_and_more_lookups_than_the_database_serves() -> None:
    plan = overload_plan(20)
    planned = arrivals(plan)
    assert {arrival.kind for arrival in planned} == {"light"}
    assert 3 * len(planned) / 20 > shop.CONNECTIONS / shop.SERVICE_TIME


def test_the_four_runs_take_the_seconds_that_were_given() -> None:
    flood, overload = make_plans(40.0)
    assert 2 * flood.seconds + 2 * overload.seconds == pytest.approx(40.0)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 4.9, math.nan, math.inf])
def test_a_demo_too_short_to_show_anything_is_refused_with_its_value(seconds: float) -> None:
    with pytest.raises(ValueError, match=repr(seconds)):
        make_plans(seconds)
