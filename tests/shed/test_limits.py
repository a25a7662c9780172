"""What holds for every limit; and the two that need no file of their own."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import example, given, settings

from _limits import hostile, requests, sample, tell, told
from snowshed.shed import (
    AIMDLimit,
    DeadlineLimit,
    FixedLimit,
    Gradient2Limit,
    Limit,
    Sample,
    VegasLimit,
    WindowedLimit,
)

# What makes each, and the bounds that it then promises.
LIMITS = {
    "deadline": (DeadlineLimit, 2, 20_000),
    "fixed": (lambda: FixedLimit(15), 15, 15),
    "aimd": (lambda: AIMDLimit(min_limit=5, timeout=0.1), 5, 200),
    "vegas": (VegasLimit, 1, 1000),
    "vegas-smooth": (lambda: VegasLimit(smoothing=0.1, initial_limit=1, max_limit=3), 1, 3),
    "gradient2": (lambda: Gradient2Limit(min_limit=1), 1, 200),
    "windowed": (lambda: WindowedLimit(Gradient2Limit(min_limit=2), min_samples=1), 2, 200),
}


@pytest.fixture(params=LIMITS)
def kind(request):
    return LIMITS[request.param]


@pytest.mark.parametrize("name", LIMITS)
@given(items=hostile)
@example(items=[Sample(*[math.nan] * 5, True)] * 3)
@example(items=[Sample(*[math.inf] * 5, False)] * 3)
@example(items=[Sample(*[1e300] * 5, False), sample(), Sample(*[5e-324] * 5, True)])
@example(items=[sample(10.0, inflight=1e300)] * 100)
def test_nothing_that_it_is_told_breaks_it(name, items):
    make, low, high = LIMITS[name]
    limit = make()
    for item in items:
        tell(limit, item)
        assert low <= limit.limit <= high
        assert math.isfinite(limit.limit)
        assert repr(limit)


@pytest.mark.parametrize("name", ["aimd", "vegas", "gradient2", "windowed"])
@settings(max_examples=25)
@given(items=hostile)
def test_after_whatever_it_was_told_it_follows_what_is_sane(name, items):
    """No poison stays: a NaN in an average or an hour in the future would hold it for good."""
    make, _, high = LIMITS[name]
    limit = make()
    for item in items:
        tell(limit, item)
    for number in range(1000):
        latency = 0.010 + number % 2 * 0.0001
        limit.on_sample(sample(latency, inflight=2000, now=1e6 + number))
    assert limit.limit == high
    for number in range(300):
        limit.on_sample(sample(0.5, inflight=2000, now=1e7 + number, dropped=True))
    assert limit.limit < high


@given(requests=requests)
def test_it_does_not_grow_while_less_than_half_of_it_is_in_use(requests):
    for make, _, _ in LIMITS.values():
        limit = make()
        before = limit.limit
        for number, (latency, _, dropped) in enumerate(requests):
            idle = (limit.limit - 1) / 2  # of an estimate of up to one more
            limit.on_sample(sample(latency / 1e9, inflight=idle - 0.1, dropped=dropped, now=number))
            assert limit.limit <= before
            before = limit.limit


def test_each_is_a_limit(kind):
    limit: Limit = kind[0]()
    assert kind[1] <= limit.limit <= kind[2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FixedLimit(0), "FixedLimit: limit=0, choose a finite number of 1 or more"),
        (lambda: FixedLimit(math.nan), "limit=nan"),
        (lambda: FixedLimit(math.inf), "limit=inf"),
        (lambda: AIMDLimit(min_limit=0), "AIMDLimit: min_limit=0, initial_limit=20, max_limit=200"),
        (lambda: AIMDLimit(initial_limit=19), "1 <= min_limit <= initial_limit <= max_limit"),
        (lambda: AIMDLimit(backoff_ratio=1.0), "backoff_ratio=1.0, choose it from 0.5 to less"),
        (lambda: AIMDLimit(backoff_ratio=0.4), "backoff_ratio=0.4"),
        (lambda: AIMDLimit(timeout=0.0), "timeout=0.0, choose a positive number of seconds"),
        (lambda: AIMDLimit(timeout=math.nan), "timeout=nan"),
        (lambda: VegasLimit(max_limit=10), "VegasLimit: min_limit=1, initial_limit=20, max_lim"),
        (lambda: VegasLimit(max_limit=math.inf), "max_limit=inf"),
        (lambda: VegasLimit(smoothing=1.5), "VegasLimit: smoothing=1.5, choose it from 0 to 1"),
        (lambda: Gradient2Limit(max_limit=10), "Gradient2Limit: min_limit=20"),
        (lambda: Gradient2Limit(smoothing=math.nan), "Gradient2Limit: smoothing=nan"),
        (lambda: Gradient2Limit(tolerance=0.9), "tolerance=0.9, long_window=600: choose 1 or more"),
        (lambda: Gradient2Limit(long_window=0), "long_window=0"),
        (lambda: WindowedLimit(FixedLimit(1), window=0.0), "window=0.0, max_window=None"),
        (lambda: WindowedLimit(FixedLimit(1), window=2.0, max_window=1.0), "0 < window <= max_win"),
        (lambda: WindowedLimit(FixedLimit(1), min_samples=0), "min_samples=0"),
        (lambda: WindowedLimit(FixedLimit(1), min_latency=-1.0), "min_latency=-1.0"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_value(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert message in str(error.value)


# Fixed.


def test_a_fixed_limit_stays():
    limit = FixedLimit(15)
    assert told(limit, sample(), sample(dropped=True), sample(60.0)) == [15, 15, 15]
    assert repr(limit) == "<FixedLimit: 15>"


# AIMD. By hand: +1 if in time and half used, else int(limit * 0.9).


def test_aimd_adds_one_and_takes_a_tenth():
    limit = AIMDLimit(initial_limit=25)
    seen = told(
        limit,
        sample(inflight=13),  # 26 >= 25
        sample(inflight=13),  # 26 >= 26
        sample(inflight=13),  # 26 < 27: held down by demand
        sample(dropped=True),  # int(24.3)
        sample(5.0),  # not more than 5 s
        sample(5.000000001),  # int(22.5)
        sample(dropped=True, inflight=0),  # int(19.8), but not less than 20
    )
    assert seen == [26, 27, 27, 24, 25, 22, 20]
    assert repr(limit) == "<AIMDLimit: 20 of 20..200, timeout 5 s>"


def test_aimd_stops_at_its_upper_bound():
    limit = AIMDLimit(initial_limit=199, max_limit=200)
    assert told(limit, *[sample(inflight=200)] * 3) == [200, 200, 200]


def test_aimd_takes_an_infinite_latency_for_too_long_and_no_number_for_in_time():
    limit = AIMDLimit(initial_limit=100)
    assert told(limit, sample(math.inf), sample(math.nan, inflight=100)) == [90, 91]
    assert told(limit, sample(inflight=math.nan)) == [91]


class JavaAIMD:
    """AIMDLimit.java, as it is written."""

    def __init__(self, initial, low, high, ratio, timeout):
        self.limit, self.low, self.high = initial, low, high
        self.ratio, self.timeout = ratio, timeout

    def update(self, rtt, inflight, did_drop):
        current_limit = self.limit
        if did_drop or rtt > self.timeout:
            current_limit = int(current_limit * self.ratio)
        elif inflight * 2 >= current_limit:
            current_limit = current_limit + 1
        self.limit = min(self.high, max(self.low, current_limit))
        return self.limit


@given(requests=requests)
def test_aimd_says_what_its_source_says(requests):
    java = JavaAIMD(30, 10, 60, 0.9, 20_000_000)
    limit = AIMDLimit(initial_limit=30, min_limit=10, max_limit=60, timeout=0.020)
    for rtt, inflight, dropped in requests:
        limit.on_sample(sample(rtt / 1e9, inflight=inflight, dropped=dropped))
        assert limit.limit == java.update(rtt, inflight, dropped)


def test_hypothesis_draws_sequences_that_move_a_limit():
    """The comparisons with the sources are worth nothing if the limits stand still."""
    moved = set()

    @given(requests=requests)
    def look(requests):
        limit = VegasLimit(random=lambda: 0.0)
        seen = [20, *told(limit, *(sample(r / 1e9, inflight=i, dropped=d) for r, i, d in requests))]
        moved.update((after > before) - (after < before) for before, after in pairwise(seen))

    look()
    assert moved == {-1, 0, 1}
