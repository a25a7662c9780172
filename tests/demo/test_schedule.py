from __future__ import annotations

import itertools
import math

import pytest

from snowshed.demo._schedule import arrivals, make_plan


def test_one_plan_gives_the_same_arrivals_every_time() -> None:
    assert arrivals(make_plan(10)) == arrivals(make_plan(10))


def test_arrivals_come_in_order_and_within_the_run() -> None:
    times = [arrival.at for arrival in arrivals(make_plan(10))]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < 10


def test_heavy_requests_come_only_while_the_flood_lasts_at_their_rate() -> None:
    plan = make_plan(20)
    heavy = [arrival for arrival in arrivals(plan) if arrival.kind == "heavy"]
    assert len(heavy) == round(6.0 * plan.heavy_rate)
    assert all(plan.flood_from <= arrival.at < plan.flood_until for arrival in heavy)
    assert {arrival.path for arrival in heavy} == {"/report?items=500"}


def test_light_requests_come_at_their_rate_through_the_whole_run() -> None:
    plan = make_plan(100)
    times = [arrival.at for arrival in arrivals(plan) if arrival.kind == "light"]
    assert len(times) == pytest.approx(plan.light_rate * 100, rel=0.05)
    for start in range(0, 100, 10):
        assert any(start <= at < start + 10 for at in times)


def test_light_requests_come_at_random_and_not_in_step() -> None:
    times = [arrival.at for arrival in arrivals(make_plan(100)) if arrival.kind == "light"]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    mean = sum(gaps) / len(gaps)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    assert spread == pytest.approx(mean, rel=0.1)  # as of an exponential distribution


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1.9, math.nan, math.inf])
def test_a_run_too_short_to_show_anything_is_refused_with_its_value(seconds: float) -> None:
    with pytest.raises(ValueError, match=repr(seconds)):
        make_plan(seconds)
