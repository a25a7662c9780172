"""Vegas: by hand, and step by step beside the formulas of its source."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _limits import nanoseconds, requests, sample, told
from snowshed.shed import VegasLimit
from snowshed.shed._limits._vegas import log10_root


def vegas(**arguments):
    """A Vegas that has seen 10 ms without load, and probes as late as it may."""
    limit = VegasLimit(random=lambda: 1.0, **arguments)
    told(limit, sample(0.010))
    return limit


@pytest.mark.parametrize(
    ("number", "root"),
    [(0, 1), (1, 1), (9, 1), (99.9, 1), (100, 2), (999, 2), (1000, 3), (9999.9, 3), (10**6, 6)],
)
def test_the_step_is_the_decimal_logarithm_of_at_least_1(number, root):
    assert log10_root(number) == root


# By hand. Limit 20: step 1, alpha 3, beta 6; queue = ceil(20 * (1 - 10 ms / latency)).
@pytest.mark.parametrize(
    ("latency", "queue", "after"),
    [
        (0.0100, 0, 26),  # no queue: + beta
        (0.0105, 1, 26),  # 0.95 is up to the threshold of 1
        (0.0110, 2, 21),  # 1.8 is below alpha: + a step
        (0.0115, 3, 20),  # 2.6: from alpha to beta it stays
        (0.0140, 6, 20),  # 5.7
        (0.0150, 7, 19),  # 6.7 is above beta: - a step
        (10.000, 20, 19),  # and never more
    ],
)
def test_the_queue_decides(latency, queue, after):
    assert math.ceil(20 * (1 - 0.010 / latency)) == queue
    assert told(vegas(), sample(latency)) == [after]


def test_the_first_and_each_shorter_latency_only_teach_it_what_no_load_is():
    limit = VegasLimit(random=lambda: 1.0)
    assert repr(limit) == "<VegasLimit: 20 of 1..1000, no-load latency not known>"
    assert told(limit, sample(0.030, dropped=True)) == [20]
    assert told(limit, sample(0.015, dropped=True)) == [20]
    assert repr(limit) == "<VegasLimit: 20 of 1..1000, no-load latency 15 ms>"
    assert told(limit, sample(0.030)) == [19]


def test_a_drop_takes_a_step_whatever_the_queue_is_and_however_few_are_in_flight():
    assert told(vegas(), sample(0.010, dropped=True, inflight=1)) == [19]
    assert told(vegas(initial_limit=100), sample(0.010, dropped=True)) == [98]


def test_demand_below_half_of_the_limit_teaches_nothing():
    assert told(vegas(), sample(0.010, inflight=9.9), sample(1.0, inflight=9.9)) == [20, 20]
    assert told(vegas(), sample(0.010, inflight=10)) == [26]
    assert told(vegas(), sample(0.010, inflight=math.nan)) == [20]


def test_it_stays_within_its_bounds():
    assert told(vegas(max_limit=22), sample(0.010), sample(0.010)) == [22, 22]
    assert told(vegas(initial_limit=2), *[sample(dropped=True)] * 3) == [1, 1, 1]


def test_smoothing_takes_over_a_part():
    """By hand: 20 + 0.5 * 6 = 23; 23 + 0.5 * 6 = 26; 26 - 0.5 = 25.5."""
    limit = vegas(smoothing=0.5)
    assert told(limit, sample(0.010), sample(0.010), sample(9.0)) == [23, 26, 25]
    assert told(limit, sample(9.0)) == [25], "25.0, not 24.5 of a limit that was cut to 25"


def test_no_load_is_forgotten_after_a_number_of_requests_that_is_jittered():
    """By hand: 0.5 * 2 * 20 = 20 samples, then 0.75 * 2 * 20 = 30."""
    jitter = iter([0.0, 0.5, 0.0])
    limit = VegasLimit(probe_multiplier=2, random=lambda: next(jitter))
    busy = [sample(0.0115)]  # neither grows nor shrinks it, once 10 ms is no load
    told(limit, sample(0.010), *busy * 18)
    assert "no-load latency 10 ms" in repr(limit)
    told(limit, *busy)
    assert "no-load latency 11.5 ms" in repr(limit), "the 20th"
    at_no_load = [sample(0.020, inflight=1)]
    told(limit, *at_no_load * 29)
    assert "no-load latency 11.5 ms" in repr(limit)
    told(limit, *at_no_load)
    assert "no-load latency 20 ms" in repr(limit), "the 30th"


def test_the_jitter_is_between_a_half_and_one():
    for seed in range(20):
        limit = VegasLimit(random=Random(seed).random)
        count = 0
        while "no-load latency 2 ms" not in repr(limit):
            told(limit, sample(0.001 if count == 0 else 0.002, inflight=0))
            count += 1
        assert 300 <= count <= 600


def test_the_functions_can_be_replaced_by_others_or_by_numbers():
    limit = vegas(alpha=5, beta=lambda limit: limit // 2, threshold=0)
    assert told(limit, sample(0.010)) == [30], "beta of 20"
    assert told(limit, sample(0.011)) == [31], "a queue of 3 is below alpha"
    limit = vegas(increase=lambda limit: limit * 1.5, decrease=lambda limit: limit * 0.6)
    assert told(limit, sample(0.011), sample(1.0)) == [30, 18]


def test_a_function_that_answers_no_number_does_not_spoil_it():
    limit = vegas(decrease=lambda limit: math.nan)
    assert told(limit, sample(dropped=True)) == [1000]


class JavaVegas:
    """VegasLimit.java, as it is written; rtt in nanoseconds."""

    def __init__(self, initial, high, smoothing, random):
        self.limit = self.estimated_limit = initial
        self.max_limit, self.smoothing, self.random = high, smoothing, random
        self.rtt_noload = 0
        self.probe_count = 0
        self.reset_probe_jitter()

    @staticmethod
    def log10(t):
        if t < 1000:
            return max(1, int(math.log10(t)))
        return int(math.log10(t))

    def reset_probe_jitter(self):
        self.probe_jitter = self.random.random() * (1 - 0.5) + 0.5

    def update(self, rtt, inflight, did_drop):
        self.limit = self._update(rtt, inflight, did_drop)
        return self.limit

    def _update(self, rtt, inflight, did_drop):
        self.probe_count += 1
        if self.probe_jitter * 30 * self.estimated_limit <= self.probe_count:
            self.reset_probe_jitter()
            self.probe_count = 0
            self.rtt_noload = rtt
            return int(self.estimated_limit)
        if self.rtt_noload == 0 or rtt < self.rtt_noload:
            self.rtt_noload = rtt
            return int(self.estimated_limit)
        return self.update_estimated_limit(rtt, self.rtt_noload, inflight, did_drop)

    def update_estimated_limit(self, rtt, rtt_noload, inflight, did_drop):
        estimated_limit = self.estimated_limit
        queue_size = math.ceil(estimated_limit * (1 - float(rtt_noload) / rtt))
        if did_drop:
            new_limit = estimated_limit - self.log10(int(estimated_limit))
        elif inflight * 2 < estimated_limit:
            return int(estimated_limit)
        else:
            alpha = 3 * self.log10(int(estimated_limit))
            beta = 6 * self.log10(int(estimated_limit))
            threshold = self.log10(int(estimated_limit))
            if queue_size <= threshold:
                new_limit = estimated_limit + beta
            elif queue_size < alpha:
                new_limit = estimated_limit + self.log10(int(estimated_limit))
            elif queue_size > beta:
                new_limit = estimated_limit - self.log10(int(estimated_limit))
            else:
                return int(estimated_limit)
        new_limit = max(1, min(self.max_limit, new_limit))
        new_limit = (1 - self.smoothing) * estimated_limit + self.smoothing * new_limit
        self.estimated_limit = new_limit
        return int(new_limit)


@given(
    requests=requests,
    initial=st.integers(1, 1500),
    smoothing=st.sampled_from([1.0, 0.2, 0.5]),
    seed=st.integers(),
)
def test_it_says_what_its_source_says(requests, initial, smoothing, seed):
    java = JavaVegas(initial, 1500, smoothing, Random(seed))
    limit = VegasLimit(
        initial_limit=initial, max_limit=1500, smoothing=smoothing, random=Random(seed).random
    )
    for rtt, inflight, dropped in requests:
        limit.on_sample(sample(rtt / 1e9, inflight=inflight, dropped=dropped))
        assert limit.limit == java.update(rtt, inflight, dropped)


@settings(max_examples=20)
@given(first=nanoseconds, second=nanoseconds, seed=st.integers())
def test_it_says_what_its_source_says_over_many_probes(first, second, seed):
    java = JavaVegas(1, 30, 1.0, Random(seed))
    limit = VegasLimit(initial_limit=1, max_limit=30, random=Random(seed).random)
    spread = Random(seed)
    for _ in range(2000):
        rtt = spread.randint(min(first, second), max(first, second))
        limit.on_sample(sample(rtt / 1e9, inflight=30))
        assert limit.limit == java.update(rtt, 30, False)
