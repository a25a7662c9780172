"""Bounds that need not be there: None is no bound."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["tighter"]

N = TypeVar("N", int, float)


def tighter(first: N | None, second: N | None) -> N | None:
    """Return the smaller one of two bounds."""
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)
