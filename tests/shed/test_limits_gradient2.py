"""Gradient2: by hand, and step by step beside the formulas of its source."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _limits import requests, sample, told
from snowshed.shed import Gradient2Limit
from snowshed.shed._limits._gradient2 import ExponentialAverage


def gradient2(**arguments):
    """A Gradient2 that has seen 10 ms ten times, while nobody needed it: warm, and at its start."""
    limit = Gradient2Limit(**arguments)
    told(limit, *[sample(0.010, inflight=0)] * 10)
    return limit


# The average.


def test_the_average_is_the_mean_while_warm_and_then_forgets():
    """By hand: (1 + 2 + 6) / 3 = 3; 2 / (3 + 1) = 0.5, so 3 / 2 + 7 / 2 = 5, 5 / 2 + 1 / 2 = 3."""
    average = ExponentialAverage(3, 3)
    assert [average.add(value) for value in (1, 2, 6, 7, 1)] == [1, 1.5, 3, 5, 3]


# By hand. Long 10 ms and a little, limit 100: 0.8 * 100 + 0.2 * (100 * gradient + 4).
@pytest.mark.parametrize(
    ("latency", "after"),
    [
        (0.0100, 100.8),  # gradient 1: up by 0.2 * 4
        (0.0150, 100.8),  # 1.5 * 10 ms: still within the tolerance
        (0.0200, 95.8),  # 1.5 * (10 + 10 * 2/601) / 20 = 0.7525: 80 + 0.2 * (75.25 + 4)
        (0.0400, 90.8),  # 0.5 at least: 80 + 0.2 * (50 + 4)
        (9.0000, 90.8),
    ],
)
def test_the_gradient_decides(latency, after):
    assert told(gradient2(initial_limit=100), sample(latency, inflight=100)) == [int(after)]


def test_it_grows_by_a_fraction_and_says_whole_numbers():
    limit = gradient2()
    assert told(limit, *[sample()] * 6) == [20, 21, 22, 23, 24, 24]  # 20.8, 21.6, ... 24.8
    assert repr(limit) == "<Gradient2Limit: 24 of 20..200, latency 10 ms, long 10 ms>"


def test_before_the_first_sample_it_says_so():
    assert repr(Gradient2Limit()) == "<Gradient2Limit: 20 of 20..200, no sample yet>"


def test_the_long_average_that_is_twice_the_latency_of_now_decays_faster():
    """By hand: (40 + 10) / 2 = 25 ms, over 2 * 10; the mean of a warm-up is computed anew."""
    limit = Gradient2Limit()
    told(limit, sample(0.040, inflight=0), sample(0.010, inflight=0))
    assert "long 23.75 ms" in repr(limit)
    told(limit, sample(0.010, inflight=0))
    assert "long 20 ms" in repr(limit), "exactly twice is not more than twice"
    warm = Gradient2Limit(long_window=1)  # forgets all: 2 / (1 + 1)
    told(warm, *[sample(0.040, inflight=0)] * 10, sample(0.010, inflight=0))
    assert "long 10 ms" in repr(warm)


def test_demand_below_half_of_the_limit_moves_only_the_averages():
    limit = gradient2()
    assert told(limit, sample(0.010, inflight=9.9), sample(1.0, inflight=9.9)) == [20, 20]
    assert "latency 1000 ms" in repr(limit)
    assert told(limit, sample(0.010, inflight=math.nan)) == [20]
    limit = gradient2(smoothing=1.0)
    assert told(limit, sample(0.010, inflight=10)) == [24]


def test_it_ignores_whether_a_request_was_dropped():
    """As its source does: https://github.com/Netflix/concurrency-limits/issues/176."""
    drops = told(gradient2(), *[sample(dropped=True)] * 3)
    assert drops == told(gradient2(), *[sample()] * 3)


def test_it_stays_within_its_bounds():
    assert told(gradient2(smoothing=1.0, max_limit=25), sample(), sample()) == [24, 25]
    assert told(gradient2(initial_limit=25), *[sample(9.0)] * 5)[-1] == 20


def test_the_room_for_a_queue_can_be_a_function_of_the_limit():
    assert told(gradient2(smoothing=1.0, queue_size=lambda limit: limit / 2), sample()) == [30]
    assert told(gradient2(queue_size=lambda limit: math.nan), sample()) == [200]


class JavaExpAvg:
    """ExpAvgMeasurement.java, as it is written."""

    def __init__(self, window, warmup_window):
        self.window, self.warmup_window = window, warmup_window
        self.value = self.sum = 0.0
        self.count = 0

    def add(self, sample):
        if self.count < self.warmup_window:
            self.count += 1
            self.sum += float(sample)
            self.value = self.sum / self.count
        else:
            factor = 2.0 / (self.window + 1)
            self.value = self.value * (1 - factor) + float(sample) * factor
        return self.value


class JavaGradient2:
    """Gradient2Limit.java, as it is written; rtt in nanoseconds."""

    def __init__(self, initial, low, high, smoothing, queue_size, window, tolerance):
        self.estimated_limit = initial
        self.min_limit, self.max_limit = low, high
        self.smoothing, self.queue_size, self.tolerance = smoothing, queue_size, tolerance
        self.long_rtt = JavaExpAvg(window, 10)

    def update(self, rtt, inflight, did_drop):
        estimated_limit = self.estimated_limit
        queue_size = float(self.queue_size)
        short_rtt = float(rtt)
        long_rtt = self.long_rtt.add(rtt)
        if long_rtt / short_rtt > 2:
            self.long_rtt.value = self.long_rtt.value * 0.95
        if inflight < estimated_limit / 2:
            return int(estimated_limit)
        gradient = max(0.5, min(1.0, self.tolerance * long_rtt / short_rtt))
        new_limit = estimated_limit * gradient + queue_size
        new_limit = estimated_limit * (1 - self.smoothing) + new_limit * self.smoothing
        new_limit = max(self.min_limit, min(self.max_limit, new_limit))
        self.estimated_limit = new_limit
        return int(new_limit)


@given(
    requests=requests,
    initial=st.integers(5, 300),
    smoothing=st.sampled_from([0.2, 1.0, 0.5]),
    queue_size=st.integers(0, 20),
    window=st.sampled_from([600, 20, 1]),
    tolerance=st.sampled_from([1.5, 1.0, 2.0]),
)
def test_it_says_what_its_source_says(requests, initial, smoothing, queue_size, window, tolerance):
    java = JavaGradient2(initial, 5, 300, smoothing, queue_size, window, tolerance)
    limit = Gradient2Limit(
        initial_limit=initial,
        min_limit=5,
        max_limit=300,
        smoothing=smoothing,
        queue_size=queue_size,
        tolerance=tolerance,
        long_window=window,
    )
    for rtt, inflight, dropped in requests:
        limit.on_sample(sample(rtt / 1e9, inflight=inflight, dropped=dropped))
        assert limit.limit == java.update(rtt, inflight, dropped)


@given(requests=requests)
def test_its_defaults_are_those_of_its_source(requests):
    java = JavaGradient2(20, 20, 200, 0.2, 4, 600, 1.5)
    limit = Gradient2Limit()
    for rtt, inflight, dropped in requests:
        limit.on_sample(sample(rtt / 1e9, inflight=inflight, dropped=dropped))
        assert limit.limit == java.update(rtt, inflight, dropped)
