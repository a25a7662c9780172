"""Rows that are no ratios: milliseconds, bytes, per cent. What the number is stands in the name."""

from __future__ import annotations

from benchmarks._runner import Row, row_of

PLAIN = "1"


def figure(
    section: str, name: str, loop: str, values: list[float], goal: float | None = None
) -> Row:
    """Return a row with the median of ``values`` and their quartiles."""
    return row_of(values, section=section, name=name, loop=loop, goal=goal, baseline=PLAIN)
