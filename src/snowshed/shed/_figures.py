"""Checking the figures that somebody sets, so that a wrong one fails where it is written.

A threshold of 50 where 0.5 was meant makes a guard that never acts, and nobody notices until the
day it is needed.
"""

from __future__ import annotations

import math

__all__ = ["count", "positive", "share", "within"]


def within(owner: str, what: str, value: float, low: float, high: float) -> float:
    """Return ``value`` if it is from ``low`` to ``high``.

    Raises:
        ValueError: it is not, or no number at all.
    """
    if low <= value <= high:
        return value
    most = "or more" if high == math.inf else f"to {high:g}"
    msg = f"{owner}: {what} must be {low:g} {most}, not {value!r}"
    raise ValueError(msg)


def positive(owner: str, what: str, value: float) -> float:
    """Return ``value`` if it is above 0 and finite.

    Raises:
        ValueError: it is not.
    """
    if 0 < value < math.inf:
        return value
    msg = f"{owner}: {what} must be positive and finite, not {value!r}"
    raise ValueError(msg)


def share(owner: str, what: str, value: float) -> float:
    """Return ``value`` if it is above 0 and at most 1.

    Raises:
        ValueError: it is not; percentages are the usual mistake.
    """
    if 0 < value <= 1:
        return value
    msg = f"{owner}: {what} must be a share, above 0 and at most 1, not {value!r}"
    raise ValueError(msg)


def count(owner: str, what: str, value: float) -> int:
    """Return ``value`` if it is a whole number, 1 or more.

    Raises:
        ValueError: it is not.
    """
    if isinstance(value, int) and value >= 1:
        return value
    msg = f"{owner}: {what} must be a whole number, 1 or more, not {value!r}"
    raise ValueError(msg)
