"""The window: by hand, and step by step beside the formulas of its source."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _limits import sample
from snowshed.shed import Tick, WindowedLimit


class Listener:
    """A limit that notes what it is told."""

    limit = 7.0

    def __init__(self):
        self.samples = []
        self.ticks = []

    def on_sample(self, sample):
        self.samples.append(sample)

    def on_tick(self, tick):
        self.ticks.append(tick)

    def __repr__(self):
        return "<Listener>"


@pytest.fixture
def inner():
    return Listener()


def windowed(inner, **arguments):
    """A window that has begun at 100 s and, if nothing else is said, counts from two samples on."""
    limit = WindowedLimit(inner, **{"min_samples": 2, **arguments})
    limit.on_sample(sample(now=100.0))
    return limit


def test_a_window_is_told_as_its_mean_its_peak_and_whether_one_was_dropped(inner):
    limit = windowed(inner)
    limit.on_sample(sample(0.010, now=100.5, inflight=3))
    limit.on_sample(sample(0.030, now=101.0, inflight=9, dropped=True))
    assert inner.samples == [], "at 101.0 the second is not over"
    last = sample(0.020, now=101.1, inflight=5)
    limit.on_sample(last)
    assert inner.samples == [last._replace(latency=0.020, inflight=9, dropped=True)]
    limit.on_sample(sample(0.050, now=101.5, inflight=2))
    limit.on_sample(sample(0.070, now=102.2, inflight=1))
    latency, inflight, dropped = inner.samples[1][1], inner.samples[1][3], inner.samples[1][5]
    assert (latency, inflight, dropped) == (0.060, 2, False), "nothing is left of the first window"


def test_the_first_sample_of_all_only_begins_a_window(inner):
    limit = windowed(inner, min_samples=1)
    assert len(inner.samples) == 1, "it ended a window that was open since zero"
    limit.on_sample(sample(now=100.5))
    assert len(inner.samples) == 1


def test_a_window_with_too_few_samples_is_thrown_away(inner):
    limit = windowed(inner, min_samples=3)
    limit.on_sample(sample(0.5, now=100.5))
    limit.on_sample(sample(0.5, now=101.5))
    assert inner.samples == []
    for now in (101.6, 101.7, 102.6):
        limit.on_sample(sample(0.010, now=now))
    assert [told.latency for told in inner.samples] == [0.010]


def test_what_is_too_short_to_have_done_work_is_passed_over_even_if_it_was_dropped(inner):
    limit = windowed(inner)
    limit.on_sample(sample(0.000099, now=100.5, dropped=True))
    limit.on_sample(sample(0.000100, now=100.6))
    limit.on_sample(sample(0.000100, now=101.6))
    assert [(told.latency, told.dropped) for told in inner.samples] == [(0.000100, False)]


def test_a_window_takes_twice_the_shortest_latency_within_its_bounds(inner):
    limit = windowed(inner, window=1.0, max_window=4.0)
    for now, latency in ((100.5, 1.5), (101.5, 9.0), (104.4, 3.0), (104.6, 3.0)):
        limit.on_sample(sample(latency, now=now))
    assert [told.now for told in inner.samples] == [101.5, 104.6], "2 * 1.5 s after 101.5"
    limit.on_sample(sample(3.0, now=108.5))
    limit.on_sample(sample(3.0, now=108.7))
    assert [told.now for told in inner.samples][2:] == [108.7], "4 s, not 2 * 3"


@pytest.mark.parametrize("latency", [0.0, -1.0, math.nan, math.inf])
def test_a_latency_that_says_nothing_is_passed_over(inner, latency):
    limit = windowed(inner)
    limit.on_sample(sample(latency, now=105.0, dropped=True))
    assert "0 samples so far" in repr(limit)


def test_an_inflight_that_is_no_number_does_not_hide_the_others(inner):
    limit = windowed(inner)
    for now, inflight in ((100.5, math.nan), (100.6, 5), (101.5, math.nan)):
        limit.on_sample(sample(now=now, inflight=inflight))
    assert [told.inflight for told in inner.samples] == [5]


@pytest.mark.parametrize("now", [math.nan, math.inf, -math.inf, 1e300])
def test_a_time_that_is_no_time_is_passed_over(inner, now):
    limit = windowed(inner)
    limit.on_sample(sample(now=now))
    limit.on_sample(sample(now=100.5))
    limit.on_sample(sample(now=101.5))
    assert [told.now for told in inner.samples] == [101.5]


def test_a_clock_that_is_set_back_by_a_day_does_not_stop_it_for_a_day(inner):
    limit = windowed(inner)
    for now in (5.0, 5.1, 6.1, 6.2, 7.2):
        limit.on_sample(sample(now=now))
    assert [told.now for told in inner.samples] == [6.1, 7.2]


def test_a_clock_that_goes_back_by_less_than_a_window_does_not_end_it(inner):
    limit = windowed(inner)
    limit.on_sample(sample(now=99.1))
    limit.on_sample(sample(now=99.2))
    assert inner.samples == []


def test_ticks_and_the_limit_are_those_of_the_inner_limit(inner):
    limit = WindowedLimit(inner)
    tick = Tick(1.0, 5.0, 6.0)
    limit.on_tick(tick)
    assert inner.ticks == [tick]
    assert limit.limit == 7.0
    limit.on_sample(sample(now=0.0))
    assert repr(limit) == "<WindowedLimit: 1 samples so far, <Listener>>"


class JavaWindowed:
    """WindowedLimit.java and ImmutableAverageSampleWindow.java as written, for one thread."""

    def __init__(self, delegate, window, max_window, window_size):
        self.delegate, self.window_size = delegate, window_size
        self.min_window, self.max_window = window, max_window
        self.next_update_time = 0
        self.reset()

    def reset(self):
        self.min_rtt = 2**63 - 1
        self.sum = self.max_in_flight = self.sample_count = 0
        self.did_drop = False

    def on_sample(self, start, rtt, inflight, did_drop):
        end_time = start + rtt
        if rtt < 100_000:
            return
        self.min_rtt = min(rtt, self.min_rtt)
        self.sum += rtt
        self.max_in_flight = max(inflight, self.max_in_flight)
        self.sample_count += 1
        self.did_drop = self.did_drop or did_drop
        if end_time > self.next_update_time:
            longest = min(max(self.min_rtt * 2, self.min_window), self.max_window)
            self.next_update_time = end_time + longest
            if self.sample_count >= self.window_size:
                self.delegate(self.sum // self.sample_count, self.max_in_flight, self.did_drop)
            self.reset()


@given(
    requests=st.lists(
        st.tuples(
            st.integers(0, 700_000_000),  # nanoseconds since the one before
            st.integers(50_000, 2_000_000_000),
            st.integers(0, 300),
            st.booleans(),
        ),
        max_size=100,
    ),
    min_samples=st.integers(1, 10),
    max_window=st.sampled_from([1, 3]),
)
def test_it_tells_what_its_source_tells(requests, min_samples, max_window):
    expected = []
    java = JavaWindowed(lambda *told: expected.append(told), 10**9, max_window * 10**9, min_samples)
    inner = Listener()
    limit = WindowedLimit(inner, max_window=float(max_window), min_samples=min_samples)
    now = 50 * 10**9
    for gap, rtt, inflight, dropped in requests:
        now += gap
        java.on_sample(now - rtt, rtt, inflight, dropped)
        limit.on_sample(sample(rtt / 1e9, inflight=inflight, dropped=dropped, now=now / 1e9))
        assert [(round(s.latency * 1e9), s.inflight, s.dropped) for s in inner.samples] == expected
