"""How much a piece of work may still spend: everything, the light version, or nothing.

Refusing is the last resort. Before it comes the lighter answer: fewer recommendations, a cached
total, no personalisation. A scope's level tells which one to give, from two facts: how much of
its budget is left, and how much pressure the whole service is under. The worse of the two counts.
"""

from __future__ import annotations

from snowshed.core._hooks import LEVELS, Level


def budget_level(live: int, limit: int, light_below: float) -> Level:
    """Return the level of one budget: ``light`` when less than ``light_below`` of it is left."""
    left = limit - live
    if left <= 0:
        return "exhausted"
    return "light" if left < light_below * limit else "normal"


def worse(first: Level, second: Level) -> Level:
    """Return the worse of two levels."""
    return max(first, second, key=LEVELS.index)
