"""A limit that somebody has chosen, and that learns nothing.

A number that is right is hard to beat: nothing has to be learned in the first second of a flood.
But it has to be right, for the mix of requests and the speed of the services behind as they are at
that moment: measured, it had to lie within a quarter of the knee to survive a dependency that was
five times slower, and then cost 13 to 20 % of what was possible in normal times.

Source: ``FixedLimit`` of `Netflix/concurrency-limits
<https://github.com/Netflix/concurrency-limits>`_ (Apache-2.0).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.shed._limits._limit import Sample, Tick

__all__ = ["FixedLimit"]


class FixedLimit:
    """Says the same number for ever: the limit to compare the others with.

    Args:
        limit: units (requests, or tasks if the limiter counts those) in flight at once.

    Raises:
        ValueError: ``limit`` is less than 1 or not finite.
    """

    __slots__ = ("_limit",)

    def __init__(self, limit: float) -> None:
        if not 1 <= limit < math.inf:
            msg = f"FixedLimit: limit={limit}, choose a finite number of 1 or more"
            raise ValueError(msg)
        self._limit = limit

    @property
    def limit(self) -> float:
        """Units that may be in flight at once."""
        return self._limit

    def on_sample(self, sample: Sample) -> None:
        """Learn nothing."""

    def on_tick(self, tick: Tick) -> None:
        """Learn nothing."""

    def __repr__(self) -> str:
        return f"<FixedLimit: {self._limit:g}>"
