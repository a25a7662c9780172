"""Additive increase, multiplicative decrease: up by one as long as nothing fails.

TCP finds the capacity of a network that tells it nothing but "lost" in this way. For a service it
has a flaw: what is lost is known only when a request has run into its time-out, and by then
everything behind it is late too. With the time-out of the source, 5 s, a flood takes everything
(measured: goodput 0.00 from twice the capacity on); with the service's objective as time-out, half.

Source: ``AIMDLimit`` of `Netflix/concurrency-limits
<https://github.com/Netflix/concurrency-limits>`_ (Apache-2.0): same formulas, order and defaults.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snowshed.shed._limits._measure import check_bounds

if TYPE_CHECKING:
    from snowshed.shed._limits._limit import Sample, Tick

__all__ = ["AIMDLimit"]


class AIMDLimit:
    """Grows by 1 with each request that ends in time, shrinks by a tenth with each that does not.

    It grows only while at least half of it is in use: else a quiet night would teach it that there
    are no bounds. It was made to count requests. In tasks it works, but as slowly: one unit more
    is then one *task* more.

    A latency that is not a number counts as in time, an infinite one as too late.

    Args:
        initial_limit: units in flight at once before anything was learned.
        min_limit: it never goes lower.
        max_limit: it never goes higher.
        backoff_ratio: what is left of the limit after a request that took too long.
        timeout: seconds after which a request took too long. Set it to the service's objective:
            the default is the source's, and far too long for an API.

    Raises:
        ValueError: not ``1 <= min_limit <= initial_limit <= max_limit``, or ``backoff_ratio`` not
            in [0.5, 1), or ``timeout`` not positive. The source only logs the first.
    """

    __slots__ = ("_backoff_ratio", "_limit", "_max_limit", "_min_limit", "_timeout")

    def __init__(
        self,
        *,
        initial_limit: int = 20,
        min_limit: int = 20,
        max_limit: int = 200,
        backoff_ratio: float = 0.9,
        timeout: float = 5.0,
    ) -> None:
        check_bounds("AIMDLimit", initial=initial_limit, low=min_limit, high=max_limit)
        if not 0.5 <= backoff_ratio < 1.0:
            msg = f"AIMDLimit: backoff_ratio={backoff_ratio}, choose it from 0.5 to less than 1"
            raise ValueError(msg)
        if not 0.0 < timeout < math.inf:
            msg = f"AIMDLimit: timeout={timeout}, choose a positive number of seconds"
            raise ValueError(msg)
        self._limit = initial_limit
        self._min_limit = min_limit
        self._max_limit = max_limit
        self._backoff_ratio = backoff_ratio
        self._timeout = timeout

    @property
    def limit(self) -> int:
        """Units that may be in flight at once."""
        return self._limit

    def on_sample(self, sample: Sample) -> None:
        """Go up by one, or down to ``backoff_ratio`` of the limit."""
        limit = self._limit
        if sample.dropped or sample.latency > self._timeout:
            limit = int(limit * self._backoff_ratio)
        elif sample.inflight * 2 >= limit:
            limit += 1
        self._limit = min(self._max_limit, max(self._min_limit, limit))

    def on_tick(self, tick: Tick) -> None:
        """Learn nothing: all that it looks at is requests."""

    def __repr__(self) -> str:
        return (
            f"<AIMDLimit: {self._limit} of {self._min_limit}..{self._max_limit}, "
            f"timeout {self._timeout:g} s>"
        )
