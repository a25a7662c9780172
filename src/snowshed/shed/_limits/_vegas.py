"""TCP Vegas: the queue is what is in flight beyond what the fastest request would need.

A request that meets no queue takes the *no-load* latency. If it takes twice as long, half of what
is in flight must be waiting: ``queue = limit * (1 - no_load / latency)``. Vegas keeps that queue
between two marks, which grow with the logarithm of the limit.

Its weakness is the no-load latency. It is the shortest that was seen, so a limit that counts
requests of unlike size takes the small one for the truth and the large one for a queue. And a
service that becomes slower for good would look congested for ever: so the no-load latency is
forgotten after every 15 to 30 times ``limit`` requests, and taken from whatever request comes
next, in the middle of a flood too.

Source: ``VegasLimit`` of `Netflix/concurrency-limits
<https://github.com/Netflix/concurrency-limits>`_ (Apache-2.0), the default of each of its
limiters: same formulas, order, rounding and defaults. After L. Brakmo and L. Peterson, "TCP Vegas:
end to end congestion avoidance on a global Internet", 1995.
"""

from __future__ import annotations

import math
import random as _random
from collections.abc import Callable
from typing import TYPE_CHECKING

from snowshed.shed._limits._measure import (
    OfLimit,
    as_function,
    check_bounds,
    check_fraction,
    to_nanoseconds,
)

if TYPE_CHECKING:
    from snowshed.shed._limits._limit import Sample, Tick

__all__ = ["VegasLimit"]


def log10_root(limit: float) -> int:
    """Return the whole decimal digits of ``limit`` less one, and at least 1: the step of Vegas."""
    return max(1, int(math.log10(max(1.0, int(limit)))))


def _alpha(limit: int) -> float:
    return 3 * log10_root(limit)


def _beta(limit: int) -> float:
    return 6 * log10_root(limit)


def _increase(limit: float) -> float:
    return limit + log10_root(limit)


def _decrease(limit: float) -> float:
    return limit - log10_root(limit)


class VegasLimit:
    """Keeps the queue that latency betrays between ``alpha`` and ``beta`` units.

    Each request counts by itself; in `WindowedLimit` the mean of a window does, which reacts later
    and is led astray less. It was made to count requests. In tasks, one that is large is late for
    its own sake and takes the place of a queue.

    A latency that is zero, negative, infinite or not a number is passed over (the source raises).

    Args:
        initial_limit: units in flight at once before anything was learned.
        max_limit: it never goes higher. It never goes below 1.
        smoothing: how much of each new limit is taken over; 1 is all of it.
        alpha: units in the queue, or a function of the limit that says how many, below which the
            limit grows by a step. By default 3 times the decimal logarithm of the limit, as a
            whole number of at least 1.
        beta: units in the queue above which the limit shrinks by a step, and by how much it grows
            if there is no queue. By default 6 times the logarithm.
        threshold: units in the queue up to which there is none. By default the logarithm.
        increase: a function from the limit to the limit that is one step higher; by default it
            adds the logarithm.
        decrease: the same downwards.
        probe_multiplier: the no-load latency is forgotten after this many times ``limit``
            requests, by a random factor from 0.5 to 1 fewer.
        random: a function that returns a number in [0, 1), for that factor.

    Raises:
        ValueError: not ``1 <= initial_limit <= max_limit``, or ``smoothing`` not in [0, 1]. The
            source only logs.
    """

    __slots__ = (
        "_alpha",
        "_beta",
        "_decrease",
        "_estimate",
        "_increase",
        "_limit",
        "_max_limit",
        "_no_load",
        "_probe_count",
        "_probe_jitter",
        "_probe_multiplier",
        "_random",
        "_smoothing",
        "_threshold",
    )

    def __init__(
        self,
        *,
        initial_limit: int = 20,
        max_limit: int = 1000,
        smoothing: float = 1.0,
        alpha: OfLimit = _alpha,
        beta: OfLimit = _beta,
        threshold: OfLimit = log10_root,
        increase: Callable[[float], float] = _increase,
        decrease: Callable[[float], float] = _decrease,
        probe_multiplier: int = 30,
        random: Callable[[], float] = _random.random,
    ) -> None:
        check_bounds("VegasLimit", initial=initial_limit, low=1, high=max_limit)
        check_fraction("VegasLimit", "smoothing", smoothing, 0.0, 1.0)
        self._limit = initial_limit
        self._estimate = float(initial_limit)
        self._max_limit = max_limit
        self._smoothing = smoothing
        self._alpha = as_function(alpha)
        self._beta = as_function(beta)
        self._threshold = as_function(threshold)
        self._increase = increase
        self._decrease = decrease
        self._probe_multiplier = probe_multiplier
        self._random = random
        self._no_load = 0  # nanoseconds; 0 is not known yet
        self._start_probe_period()

    @property
    def limit(self) -> int:
        """Units that may be in flight at once."""
        return self._limit

    def on_sample(self, sample: Sample) -> None:
        """Learn the no-load latency from a request, or compare the request with it."""
        latency = to_nanoseconds(sample.latency)
        if latency == 0:
            return
        self._probe_count += 1
        if self._probe_jitter * self._probe_multiplier * self._estimate <= self._probe_count:
            self._start_probe_period()
            self._no_load = latency
        elif self._no_load == 0 or latency < self._no_load:
            self._no_load = latency
        else:
            self._compare(latency, sample)

    def on_tick(self, tick: Tick) -> None:
        """Learn nothing: all that it looks at is requests."""

    def __repr__(self) -> str:
        no_load = f"{self._no_load / 1e6:g} ms" if self._no_load else "not known"
        return f"<VegasLimit: {self._limit} of 1..{self._max_limit}, no-load latency {no_load}>"

    def _start_probe_period(self) -> None:
        """Count anew; the jitter keeps instances from forgetting all at the same time."""
        self._probe_count = 0
        self._probe_jitter = 0.5 + 0.5 * self._random()

    def _compare(self, latency: int, sample: Sample) -> None:
        """Move the limit by what the latency says of the queue."""
        before = self._estimate
        queue = math.ceil(before * (1 - self._no_load / latency))
        if sample.dropped:
            wanted: float | None = self._decrease(before)
        elif sample.inflight * 2 >= before:
            wanted = self._steered(queue)
        else:  # demand holds it down, not the limit (or it is a NaN)
            wanted = None
        if wanted is None:
            return
        # Bounds come first: `min` and `max` then answer them, not a NaN of somebody's function.
        bounded = max(1.0, min(self._max_limit, wanted))
        self._estimate = (1 - self._smoothing) * before + self._smoothing * bounded
        self._limit = int(self._estimate)

    def _steered(self, queue: int) -> float | None:
        """Return the limit that a queue of this length asks for, None if it is just right."""
        limit = int(self._estimate)
        if queue <= self._threshold(limit):
            return self._estimate + self._beta(limit)
        if queue < self._alpha(limit):
            return self._increase(self._estimate)
        if queue > self._beta(limit):
            return self._decrease(self._estimate)
        return None
