"""Each number of a row, from outcomes that are made by hand; and what the goals make of it."""

from __future__ import annotations

import pytest
from benchmarks.overload._goals import judged
from benchmarks.overload._measures import Outcome, measures, percentile
from benchmarks.overload._scenarios import Case, Kind, Scenario, Times, capacity, case_of

pytestmark = pytest.mark.house

TIMES = Times(calm=2, flood=4, recovery=2, onset=1, settle=1)
KIND = Kind("one", tasks=100)  # a capacity of 10 a second
CASE = Case(Scenario("s", "", (2,), ((KIND, 1.0),), ((KIND, 1.0),), times=TIMES), 2)


def outcome(at, *, status=200, latency=0.1, kind=0, late=0.001):
    return Outcome(at, kind, status, latency, late)


def test_percentiles_are_values_that_were_seen():
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 0.99), percentile(values, 0.5)) == (99, 50)
    assert percentile([7.0], 0.99, scale=1000) == 7000
    assert percentile([], 0.99) is None


def test_goodput_counts_answers_in_time_from_the_onset_on_per_capacity():
    assert CASE.capacity == pytest.approx(10)
    steady = [outcome(3.5)] * 15
    late, refused, lost = outcome(4, latency=0.26), outcome(4, status=503), outcome(4, status=0)
    before = [outcome(2.5)] * 8
    row = measures(CASE, [*steady, late, refused, lost, *before])
    assert row["goodput_ratio"] == 0.5
    assert row["onset"] == 0.8
    assert (row["offered"], row["refused"], row["lost"]) == (26, 1, 1)


def test_recovery_is_the_share_of_good_answers_when_it_has_settled():
    row = measures(CASE, [outcome(6.5, status=503), *[outcome(7.5)] * 3, outcome(7.6, status=0)])
    assert row["recovery"] == 0.75


def test_latencies_are_those_of_answers_late_ones_too_and_of_refusals():
    row = measures(CASE, [outcome(4, latency=0.7), outcome(4, status=503, latency=0.004)])
    assert (row["p99_ms"], row["refusal_p99_ms"], row["late_ms"]) == (700, 4, 1)


def test_a_caller_with_a_deadline_of_its_own_is_judged_by_it():
    case = case_of("stale", 2)
    stale, fresh = ([kind.name for kind in case.kinds].index(name) for name in ("stale", "fresh"))
    at = case.times.until - 1
    row = measures(case, [outcome(at, kind=stale), outcome(at, kind=fresh)])
    assert row["classes"] == {"stale": 0, "fresh": 1}
    assert row["least_share"] == 0


def test_an_answer_counts_what_it_takes_so_that_starving_large_ones_gains_nothing():
    case = case_of("mixshift", 2)
    at = case.times.until - 1
    small, big = ([kind.name for kind in case.kinds].index(name) for name in ("small", "big"))
    answers = [*[outcome(at, kind=small)] * 700, *[outcome(at, kind=big)] * 300]
    row = measures(case, [*answers, outcome(at, kind=big, status=503)])
    assert row["answers_ratio"] == row["goodput_ratio"]
    starved = measures(case, answers[:700])
    assert starved["goodput_ratio"] == pytest.approx(starved["answers_ratio"] * 2 / 11, abs=2e-3)


def test_the_series_has_the_goodput_of_each_second():
    row = measures(CASE, [*[outcome(0.5)] * 5, *[outcome(7.9)] * 20, outcome(3, status=503)])
    assert row["series"] == [0.5, 0, 0, 0, 0, 0, 0, 2]


def test_nothing_is_said_of_what_was_not_measured():
    row = measures(CASE, [])
    assert (row["p99_ms"], row["recovery"], row["least_share"]) == (None, None, None)


def _row(**numbers):
    row = measures(case_of("uniform", 10), []) | {
        "controller": "snowshed", "limit": 200, "peak_tasks": 300, "rss_mb": 9.0,
        "goodput_ratio": 0.98, "onset": 0.95, "recovery": 0.99, "p99_ms": 250.0,
        "refusal_p99_ms": 9.9,
    }  # fmt: skip
    return row | numbers


def test_a_row_that_reaches_its_goals_meets_them():
    (row,) = judged([_row()])
    assert row["met"] is True
    assert row["goals"]["peak_tasks"] == "<= 300"


@pytest.mark.parametrize(
    "numbers",
    [
        {"goodput_ratio": 0.964},
        {"onset": 0.94},
        {"recovery": 0.98},
        {"p99_ms": 250.1},
        {"p99_ms": None},
        {"refusal_p99_ms": 10.1},
        {"rss_mb": 10.1},
        {"peak_tasks": 301},
    ],
    ids=str,
)
def test_a_row_that_misses_one_is_told_which(numbers):
    (row,) = judged([_row(**numbers)])
    assert (row["met"], row["missed"]) == (False, [*numbers])


def test_at_full_load_it_is_held_to_what_the_bare_service_answers():
    bare = _row(load=1, controller="none", goodput_ratio=0.96)
    good, bad = (_row(load=1, goodput_ratio=ratio) for ratio in (0.945, 0.93))
    assert judged([good, bare])[0]["goals"] == {"goodput_ratio": ">= 0.94"}
    assert [judged([row, bare])[0]["met"] for row in (good, bad)] == [True, False]
    assert judged([good])[0]["met"] is None


def test_rivals_have_no_goals():
    assert judged([_row(controller="envoy", goodput_ratio=0)])[0]["met"] is None


def test_capacity_is_expressed_in_mean_requests():
    assert capacity(((Kind("a", 2), 0.5), (Kind("b", 8), 0.5))) == pytest.approx(200)
