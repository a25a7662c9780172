"""Rows under a virtual clock: the same each time, and of the shape of those on real sockets."""

from __future__ import annotations

import pytest
from benchmarks.overload._scenarios import Case, Scenario, Times, case_of
from benchmarks.overload._simulate import SIMULATED, simulate

SHORT = Times(calm=2.0, flood=4.0, recovery=2.0, onset=2.0)


def short(**what: object) -> Case:
    return Case(Scenario("uniform", "a short flood", (5,), times=SHORT, **what), 5.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("controller", SIMULATED)
def test_a_row_is_the_same_each_time(controller: str) -> None:
    assert simulate(short(), controller) == simulate(short(), controller)


def test_without_control_nobody_is_answered_in_time() -> None:
    row = simulate(short(), "none")
    assert row["goodput_ratio"] == 0
    assert row["refused"] == 0
    assert row["peak_tasks"] > 1000


def test_with_it_the_service_does_what_it_can() -> None:
    row = simulate(short(), "snowshed")
    assert row["goodput_ratio"] > 0.9
    assert row["peak_tasks"] < 400


def test_a_brown_out_takes_its_share_of_the_capacity() -> None:
    case = Case(Scenario("brownout3", "slower", (2,), slower=3.0, times=SHORT), 2.0)
    # Of 67 a second, by the capacity of the brown-out; of 200 it would be a third of it.
    assert 0.5 < simulate(case, "uvicorn16")["goodput_ratio"] < 1.1


def test_at_half_load_nobody_is_refused() -> None:
    case = case_of("warm", 0.5)
    assert simulate(case, "snowshed")["refused"] == 0
