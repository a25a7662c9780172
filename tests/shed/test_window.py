"""The recent past, in buckets and in bytes."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.shed._window import CallCounts, LastCalls, LastSeconds, RecentCounts


def test_counts_expire_a_bucket_at_a_time():
    recent = RecentCounts(2, window=10)
    recent.add(0, 100.0)
    recent.add(0, 104.5)
    recent.add(1, 104.5)
    assert recent.totals(109.9) == [2, 1]
    assert recent.totals(110.0) == [1, 1]
    assert recent.totals(113.9) == [1, 1]
    assert recent.totals(114.0) == [0, 0]


def test_after_a_long_silence_nothing_is_left():
    """linkedin/venice#1498: a budget was never refreshed after a time without traffic."""
    recent = RecentCounts(1, window=10)
    for second in range(10):
        recent.add(0, float(second))
    assert recent.totals(1e9) == [0]
    recent.add(0, 1e9)
    assert recent.totals(1e9) == [1]


def test_a_time_that_goes_back_counts_as_the_latest():
    recent = RecentCounts(1, window=10)
    recent.add(0, 100.0)
    recent.add(0, 50.0)
    assert recent.totals(50.0) == [2]
    assert recent.totals(109.9) == [2]
    assert recent.totals(110.0) == [0]


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 1)), max_size=200))
def test_counts_are_those_of_the_last_nine_to_ten_tenths_of_the_window(steps):
    recent = RecentCounts(2, window=10)
    now, seen = 0.0, []
    for pause, kind in steps:
        now += pause
        recent.add(kind, now)
        seen.append((now, kind))
        for each in (0, 1):
            total = recent.totals(now)[each]
            surely = sum(kind == each and when > now - 9 for when, kind in seen)
            possibly = sum(kind == each and when > now - 10.0001 for when, kind in seen)
            assert surely <= total <= possibly


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60), st.integers(1, 12))
def test_the_last_calls_are_the_last_calls(ends, size):
    window, model = LastCalls(size), deque(maxlen=size)
    for failed, slow in ends:
        window.add(failed=failed, slow=slow, now=0.0)
        model.append((failed, slow))
        failures, slow_calls = (sum(column) for column in zip(*model, strict=True))
        assert window.counts(0.0) == CallCounts(len(model), failures, slow_calls)


@pytest.mark.parametrize("window", [LastCalls(5), LastSeconds(5.0)])
def test_a_cleared_window_knows_nothing(window):
    window.add(failed=True, slow=True, now=1.0)
    window.add(failed=False, slow=True, now=1.0)
    assert window.counts(1.0) == CallCounts(2, 1, 2)
    window.clear()
    assert window.counts(1.0) == CallCounts(0, 0, 0)
    window.add(failed=True, slow=False, now=1.0)
    assert window.counts(1.0) == CallCounts(1, 1, 0)


def test_to_ask_for_counts_changes_nothing():
    counts = RecentCounts(1, window=10.0)
    counts.add(0, 100.0)
    before = repr([counts._buckets, counts._totals, counts._latest])
    assert counts.totals(105.0) == [1]
    assert counts.totals(300.0) == [0]
    assert repr([counts._buckets, counts._totals, counts._latest]) == before
