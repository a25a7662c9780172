"""A limit that learns from the mean of a window, not from each request.

One slow request is no overload, and a limit that looks at each by itself follows noise: measured,
`Gradient2Limit` kept half of the capacity in a flood without a window, and all of it with one. The
price is that it learns once a second: the first second of a flood is lost to it.

Source: ``WindowedLimit`` with ``AverageSampleWindow`` of `Netflix/concurrency-limits
<https://github.com/Netflix/concurrency-limits>`_ (Apache-2.0): same rules and defaults. Its window
of percentiles is left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snowshed.shed._limits._measure import LONGEST, to_nanoseconds

if TYPE_CHECKING:
    from snowshed.shed._limits._limit import Limit, Sample, Tick

__all__ = ["WindowedLimit"]

CLOCK_WENT_BACK = 2.0  # windows until the end of this one: no clock that only goes on shows that


class WindowedLimit:
    """Tells another limit of one sample a window: mean latency, most in flight, any drop.

    A window ends with the first sample after its time. One with too few samples is thrown away;
    with the first sample of all begins the first that can count. Its sample says the deadline and
    the units of its last request. Ticks are passed on as they are.

    Samples whose latency is zero, negative, infinite or not a number, or whose time is no time, are
    passed over. If the clock goes back by more than a window, the window ends at once: the source
    would wait for the old time.

    Args:
        inner: the limit that is told; from here on nothing else may tell it of samples.
        window: seconds that a window takes.
        max_window: seconds that it may take at most. A window takes twice the shortest latency in
            the one before, but neither less than ``window`` nor more than this. None is
            ``window``: each takes that.
        min_samples: samples that a window must hold to count.
        min_latency: seconds; a shorter request is none that did any work, and is passed over.

    Raises:
        ValueError: ``window`` not positive or larger than ``max_window``, ``min_samples`` less
            than 1, or ``min_latency`` negative.
    """

    __slots__ = (
        "_count",
        "_dropped",
        "_end",
        "_inner",
        "_max_window",
        "_min_latency",
        "_min_samples",
        "_peak",
        "_shortest",
        "_sum",
        "_window",
    )

    def __init__(
        self,
        inner: Limit,
        *,
        window: float = 1.0,
        max_window: float | None = None,
        min_samples: int = 10,
        min_latency: float = 100e-6,
    ) -> None:
        longest = window if max_window is None else max_window
        if not 0.0 < window <= longest < math.inf:
            msg = f"WindowedLimit: {window=}, {max_window=}: choose 0 < window <= max_window"
            raise ValueError(msg)
        if not min_samples >= 1 or not 0.0 <= min_latency < math.inf:
            msg = (
                f"WindowedLimit: {min_samples=}, {min_latency=}: choose 1 sample or more, and a "
                "latency of 0 s or more"
            )
            raise ValueError(msg)
        self._inner = inner
        self._window = to_nanoseconds(window)
        self._max_window = to_nanoseconds(longest)
        self._min_samples = min_samples
        self._min_latency = to_nanoseconds(min_latency)
        self._end = 0  # nanoseconds, as all times here
        self._clear()

    @property
    def limit(self) -> float:
        """Units that may be in flight at once, as the inner limit says."""
        return self._inner.limit

    def on_sample(self, sample: Sample) -> None:
        """Add a request to the window; if it ends the window, tell the inner limit of that."""
        latency = to_nanoseconds(sample.latency)
        if latency == 0 or latency < self._min_latency or not -LONGEST < sample.now < LONGEST:
            return
        self._add(latency, sample)
        now = round(sample.now * 1e9)
        if now > self._end or self._end - now > CLOCK_WENT_BACK * self._max_window:
            self._end = now + min(max(2 * self._shortest, self._window), self._max_window)
            self._close(sample)

    def on_tick(self, tick: Tick) -> None:
        """Tell the inner limit of it."""
        self._inner.on_tick(tick)

    def __repr__(self) -> str:
        return f"<WindowedLimit: {self._count} samples so far, {self._inner!r}>"

    def _clear(self) -> None:
        self._count = 0
        self._sum = 0
        self._shortest = 0
        self._peak = 0.0
        self._dropped = False

    def _add(self, latency: int, sample: Sample) -> None:
        self._shortest = min(latency, self._shortest) if self._count else latency
        self._count += 1
        self._sum += latency
        self._peak = max(self._peak, sample.inflight)  # in this order a NaN is passed over
        self._dropped = self._dropped or sample.dropped

    def _close(self, sample: Sample) -> None:
        """Tell the inner limit of this window if it says enough, and forget it."""
        mean = self._sum // self._count / 1e9
        told = sample._replace(latency=mean, inflight=self._peak, dropped=self._dropped)
        enough = self._count >= self._min_samples
        self._clear()
        if enough:
            self._inner.on_sample(told)
