"""The gradient of latency: how much longer requests take now than they did for long.

The shortest latency that was ever seen is a bad measure where requests are of unlike size. This
limit compares with a long average instead: while the latency of now is within ``tolerance`` of it,
the limit grows by a little queue; else it shrinks in proportion, by half of it at most.

Its weakness is that the long average follows. Under a flood that is not too strong the slow becomes
the normal, and the limit creeps up again; a service behind that is slower for good is never seen.
And it ignores whether requests were dropped.

Source: ``Gradient2Limit`` of `Netflix/concurrency-limits
<https://github.com/Netflix/concurrency-limits>`_ (Apache-2.0): same formulas, order, rounding and
defaults. Its README wraps it in a `WindowedLimit`; without, it is not what was recommended.
"""

from __future__ import annotations

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

__all__ = ["Gradient2Limit"]

WARM_UP = 10  # samples of which the long average is the plain mean; the source's
DRIFT = 2.0  # the long average is this many times the latency of now: the load is gone
DRIFT_DECAY = 0.95  # what is then left of the long average with each sample
LEAST_GRADIENT = 0.5  # so that one outlier cannot take more than half


class ExponentialAverage:
    """An average that forgets; its first ``warm_up`` values have equal weight.

    Args:
        window: values over which it forgets: each new one has the weight ``2 / (window + 1)``.
        warm_up: values of which it is the plain mean.
    """

    __slots__ = ("_count", "_factor", "_sum", "_warm_up", "value")

    def __init__(self, window: int, warm_up: int) -> None:
        self.value = 0.0
        self._sum = 0.0
        self._count = 0
        self._warm_up = warm_up
        self._factor = 2.0 / (window + 1)

    def add(self, value: float) -> float:
        """Take a value in and return the average."""
        if self._count < self._warm_up:
            self._count += 1
            self._sum += value
            self.value = self._sum / self._count
        else:
            self.value = self.value * (1 - self._factor) + value * self._factor
        return self.value


class Gradient2Limit:
    """Shrinks in proportion as latency rises above its own long average.

    It was made to count requests, of which a service has 20 in flight: that is its least limit
    too, and far too many for a service behind that has become slow. In tasks ``queue_size`` and
    the bounds mean tasks: multiply them by what a request starts.

    A latency that is zero, negative, infinite or not a number is passed over (the source divides
    by it).

    Args:
        initial_limit: units in flight at once before anything was learned.
        min_limit: it never goes lower.
        max_limit: it never goes higher.
        queue_size: units, or a function of the limit that says how many, by which the limit may
            grow while latency is low.
        smoothing: how much of each new limit is taken over; 1 is all of it.
        tolerance: how many times the long average latency may be before the limit shrinks.
        long_window: samples over which the long average forgets; with a window around it, these
            are windows.

    Raises:
        ValueError: not ``1 <= min_limit <= initial_limit <= max_limit``, or ``smoothing`` not in
            [0, 1], or ``tolerance`` or ``long_window`` less than 1. The source checks the
            tolerance only.
    """

    __slots__ = (
        "_estimate",
        "_latency",
        "_limit",
        "_long",
        "_max_limit",
        "_min_limit",
        "_queue_size",
        "_smoothing",
        "_tolerance",
    )

    def __init__(
        self,
        *,
        initial_limit: int = 20,
        min_limit: int = 20,
        max_limit: int = 200,
        queue_size: OfLimit = 4,
        smoothing: float = 0.2,
        tolerance: float = 1.5,
        long_window: int = 600,
    ) -> None:
        check_bounds("Gradient2Limit", initial=initial_limit, low=min_limit, high=max_limit)
        check_fraction("Gradient2Limit", "smoothing", smoothing, 0.0, 1.0)
        if not tolerance >= 1.0 or not long_window >= 1:
            msg = f"Gradient2Limit: {tolerance=}, {long_window=}: choose 1 or more for both"
            raise ValueError(msg)
        self._limit = initial_limit
        self._estimate = float(initial_limit)
        self._min_limit = min_limit
        self._max_limit = max_limit
        self._queue_size = as_function(queue_size)
        self._smoothing = smoothing
        self._tolerance = tolerance
        self._latency = 0  # nanoseconds, of the last sample
        self._long = ExponentialAverage(long_window, WARM_UP)

    @property
    def limit(self) -> int:
        """Units that may be in flight at once."""
        return self._limit

    def on_sample(self, sample: Sample) -> None:
        """Compare a latency with the long average, and move the limit by the quotient."""
        latency = to_nanoseconds(sample.latency)
        if latency == 0:
            return
        before = self._estimate
        queue = self._queue_size(int(before))
        self._latency = latency
        long = self._long.add(latency)
        if long / latency > DRIFT:
            self._long.value *= DRIFT_DECAY
        if not sample.inflight >= before / 2:  # demand, not the limit, holds it down (or a NaN)
            return
        gradient = max(LEAST_GRADIENT, min(1.0, self._tolerance * long / latency))
        wanted = before * gradient + queue
        smoothed = before * (1 - self._smoothing) + wanted * self._smoothing
        # Bounds come first: `min` and `max` then answer them, not a NaN of somebody's function.
        self._estimate = max(self._min_limit, min(self._max_limit, smoothed))
        self._limit = int(self._estimate)

    def on_tick(self, tick: Tick) -> None:
        """Learn nothing: all that it looks at is requests."""

    def __repr__(self) -> str:
        seen = "no sample yet"
        if self._latency:
            seen = f"latency {self._latency / 1e6:g} ms, long {self._long.value / 1e6:g} ms"
        return f"<Gradient2Limit: {self._limit} of {self._min_limit}..{self._max_limit}, {seen}>"
