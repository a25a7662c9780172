"""The rate at which a total grows, over the last few seconds."""

from __future__ import annotations

from collections import deque

__all__ = ["Rate"]

SPAN = 5.0
"""Seconds: processor time of one second alone is mostly noise."""


class Rate:
    """Turns totals into rates: seconds of processor time into processors in use."""

    __slots__ = ("_totals",)

    def __init__(self) -> None:
        self._totals: deque[tuple[float, float]] = deque(maxlen=100)

    def add(self, now: float, total: float) -> float | None:
        """Return how much ``total`` grows in a second; None until there are two of them.

        A total or a clock that went back begins anew.
        """
        totals = self._totals
        if totals and (now < totals[-1][0] or total < totals[-1][1]):
            totals.clear()
        totals.append((now, total))
        while len(totals) > 2 and totals[1][0] <= now - SPAN:
            totals.popleft()
        began, before = totals[0]
        return (total - before) / (now - began) if now > began else None
