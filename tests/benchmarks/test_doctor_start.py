"""The whole command is measured beside the import."""

from __future__ import annotations

import pytest
from benchmarks._processes import CAN_MEASURE
from benchmarks.doctor_start import measure


@pytest.mark.slow
@pytest.mark.skipif(not CAN_MEASURE, reason="needs what Linux tells of processes")
def test_both_are_started_and_measured() -> None:
    ((cpu, wall, *figures),) = measure(rounds=1)
    assert (cpu.goal, wall.goal) == (1.0, 1.0)
    assert all(row.ratio for row in (cpu, wall, *figures))
