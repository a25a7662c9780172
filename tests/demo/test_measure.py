from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo._sample import BARE, GUARDED, OVERLOAD, OVERLOADED, PLAN
from snowshed.demo._measure import (
    Second,
    Verdict,
    percentile,
    rate_in_flood,
    seconds_of,
    summarize,
    summarize_load,
    verdict,
)
from snowshed.demo._model import Failure, Outcome, RunResult


@pytest.mark.parametrize(
    ("status", "failure", "expected"),
    [
        (200, None, "ok"),
        (204, None, "ok"),
        (304, None, "other"),
        (404, None, "other"),
        (500, None, "5xx"),
        (503, None, "503"),
        (504, None, "5xx"),
        (None, "timeout", "timeout"),
        (None, "connection", "connection"),
    ],
)
def test_each_end_of_a_request_has_one_verdict(
    status: int | None, failure: Failure | None, expected: Verdict
) -> None:
    assert verdict(Outcome(0.0, "light", 0.1, 0.0, status, failure)) == expected


@given(
    st.lists(st.floats(0, 100), min_size=1),
    st.floats(0.1, 100),
)
def test_a_percentile_is_the_least_measured_value_that_enough_values_do_not_exceed(
    values: list[float], percent: float
) -> None:
    found = percentile(values, percent)
    assert found in values
    enough = math.ceil(percent / 100 * len(values))
    assert sum(value <= found for value in values) >= enough
    assert sum(value < found for value in values) < enough


def test_percentiles_by_hand() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, p) for p in (1, 50, 99, 100)] == [1.0, 50.0, 99.0, 100.0]
    assert percentile([], 50) is None


def test_an_answer_at_the_objective_is_good_and_a_quick_failure_never_is() -> None:
    summary = summarize(PLAN, BARE).light
    assert (summary.sent, summary.answered, summary.good) == (7, 4, 3)
    assert summary.goodput == 3 / 4.0
    assert summary.errors == {"5xx": 1, "timeout": 1, "connection": 1}


def test_who_gave_up_counts_in_the_percentiles_and_who_was_refused_does_not() -> None:
    summary = summarize(PLAN, BARE).light
    assert summary.p99 == 2.001
    assert summary.p50 == 0.250  # of 0.020 0.040 0.250 0.900 2.001
    assert summarize(PLAN, GUARDED).light.p50 == 0.020  # the 503 after 0.002 s is no latency


def test_the_flood_is_the_window_between_its_ends() -> None:
    flood = summarize(PLAN, BARE).light_in_flood
    assert (flood.sent, flood.good, flood.goodput) == (4, 0, 0.0)


def test_the_second_half_of_the_flood_and_the_time_after_it_are_windows_too() -> None:
    summary = summarize(OVERLOADED, OVERLOAD.runs[-1])
    assert rate_in_flood(OVERLOADED) == 4.0
    assert (summary.light_in_flood.sent, summary.light_in_flood.goodput) == (3, 0.5)
    assert (summary.light_settled.sent, summary.light_settled.goodput) == (1, 1.0)
    assert (summary.light_after.sent, summary.light_after.goodput) == (1, 1.0)


def test_a_window_that_is_empty_has_no_goodput() -> None:
    assert summarize(replace(PLAN, flood_until=PLAN.seconds), BARE).light_after.goodput == 0.0


def test_the_time_until_a_refusal_is_that_of_refusals_only() -> None:
    assert summarize(PLAN, GUARDED).light.refused_p99 == 0.002
    assert summarize(PLAN, BARE).light.refused_p99 is None


def test_heavy_requests_are_summed_up_on_their_own() -> None:
    assert summarize(PLAN, BARE).heavy.answered == 1
    assert summarize(PLAN, GUARDED).heavy.errors == {"503": 1}


def test_peaks_are_the_greatest_samples() -> None:
    summary = summarize(PLAN, BARE)
    assert (summary.peak_tasks, summary.peak_lookups) == (900, 500)
    assert summary.peak_rss == 2**20 * 64
    assert summary.generator_late == 0.002


def test_what_was_not_measured_is_none_and_not_nought() -> None:
    summary = summarize(PLAN, RunResult("empty", (), (), ()))
    assert (summary.peak_tasks, summary.peak_lookups, summary.peak_rss) == (None, None, None)
    assert (summary.light.p50, summary.light.p99, summary.generator_late) == (None, None, None)
    assert summarize_load([], 0.25, 1.0).errors == {}


def test_each_second_holds_the_requests_that_were_planned_in_it() -> None:
    assert seconds_of(PLAN, BARE) == (
        Second(0, 2, 2),
        Second(1, 4, 0),
        Second(2, 0, 0),
        Second(3, 1, 1),
    )
