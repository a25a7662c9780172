"""The benchmark of the sampler runs, and says whether its goals are met."""

from __future__ import annotations

import pytest
from benchmarks._runner import CONTROL, loop_kinds

from benchmarks import sampler

pytestmark = pytest.mark.house


def test_a_busy_service_is_measured_with_and_without_it_on_each_loop():
    measured = list(sampler.measure(rounds=1, seconds=0.05))
    assert [rows[0].loop for rows in measured] == loop_kinds()
    for control, sampled, share in measured:
        assert (control.name, sampled.name) == (CONTROL, "sampled")
        assert sampled.goal == 1.01
        assert sampled.ratio > 0
        assert share.goal == 1.0
        assert 0 <= share.ratio < 100
