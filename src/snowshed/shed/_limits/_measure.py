"""What the limits of others share: their unit of time, and the bounds that they keep."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["OfLimit", "as_function", "check_bounds", "to_nanoseconds"]

LONGEST = 9.2e9  # seconds; 292 years are what the 64-bit nanoseconds of the source can hold

OfLimit = float | Callable[[int], float]
"""A number of units, or a function that computes it from the present limit."""


def to_nanoseconds(latency: float) -> int:
    """Return ``latency`` (seconds) in the unit of the source, and 0 if it says nothing.

    The source computes with whole nanoseconds. Fractions of a second would round another way, and
    a limit that is cut to a whole number would now and then be another one.

    A latency that is zero, negative, infinite or not a number says nothing: a clock was set, or is
    coarser than what it measured. The source raises or divides by it.
    """
    if 0.0 < latency < math.inf:
        return round(min(latency, LONGEST) * 1e9)
    return 0


def as_function(value: OfLimit) -> Callable[[int], float]:
    """Return a function of the limit, also where a mere number was given."""
    if callable(value):
        return value
    return lambda limit: value  # noqa: ARG005 - as the source has it: a constant function


def check_bounds(what: str, *, initial: float, low: float, high: float) -> None:
    """Raise `ValueError` unless the three numbers are a range and a place to start in it."""
    if not 1 <= low <= initial <= high < math.inf:
        msg = (
            f"{what}: min_limit={low}, initial_limit={initial}, max_limit={high}: choose them so "
            "that 1 <= min_limit <= initial_limit <= max_limit"
        )
        raise ValueError(msg)


def check_fraction(what: str, name: str, value: float, low: float, high: float) -> None:
    """Raise `ValueError` unless ``low <= value <= high``."""
    if not low <= value <= high:
        msg = f"{what}: {name}={value}, choose it from {low:g} to {high:g}"
        raise ValueError(msg)
