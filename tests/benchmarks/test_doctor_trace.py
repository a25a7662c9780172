"""A trace is recorded and read by both, and all that was promised has a row."""

from __future__ import annotations

import pytest
from benchmarks.doctor_trace import CPU, MEMORY, OURS, TOOL, measure

pytestmark = [pytest.mark.house, pytest.mark.slow]


def test_both_read_the_same_trace_and_are_compared() -> None:
    [rows] = measure(rounds=1, size=10)
    goals = {row.name: (row.baseline, row.goal) for row in rows if row.goal}
    assert goals == {f"{OURS}: CPU": (TOOL, CPU), f"{OURS}: memory at most": (TOOL, MEMORY)}
    assert all(row.ratio for row in rows)
    assert (CPU, MEMORY) == (2.0, 0.1)
