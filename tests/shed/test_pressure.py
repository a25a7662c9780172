"""A pressure becomes a level with a gap, and the worst level of the process is every scope's."""

from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

import snowshed
from snowshed.core import _hooks
from snowshed.shed._pressure import (
    PressureGate,
    PressureGateStatistics,
    ServicePressure,
    ServicePressureStatistics,
    current_level,
    service_pressure,
)
from snowshed.testing import run_virtual


@pytest.fixture
def light():
    """The whole service is under pressure while the test runs."""
    remove = service_pressure.add("test", lambda: "light")
    yield
    remove()


def levels(*pressures: float) -> list[str]:
    gate = PressureGate()
    return [gate.update(pressure) for pressure in pressures]


def test_it_is_light_from_three_quarters_and_normal_again_below_three_fifths():
    assert levels(0.74, 0.75, 0.60, 0.59, 0.74) == ["normal", "light", "light", "normal", "normal"]


def test_an_overdrawn_limit_is_light_not_exhausted():
    assert levels(1.0, 2.5) == ["light", "light"]


@given(st.lists(st.floats(0, 2)))
def test_between_two_changes_the_pressure_has_crossed_the_gap(pressures):
    gate, before, changed_at = PressureGate(), "normal", 0.0
    for pressure in pressures:
        level = gate.update(pressure)
        if level != before:
            assert abs(pressure - changed_at) > 0.15 - 1e-9
            before, changed_at = level, pressure
        assert level == ("light" if pressure >= 0.75 else "normal") or 0.6 <= pressure < 0.75


def test_a_gate_says_what_it_saw():
    gate = PressureGate(light_from=0.5, normal_below=0.5)
    for pressure in (0.5, 0.4, 0.9):
        gate.update(pressure)
    assert gate.statistics() == PressureGateStatistics("light", 0.9, became_light=2)
    assert repr(gate) == "<PressureGate light at 0.90>"


@pytest.mark.parametrize(("light_from", "normal_below"), [(0.5, 0.6), (0.5, 0.0), (0.5, -1)])
def test_a_gap_the_wrong_way_round_is_refused(light_from, normal_below):
    with pytest.raises(ValueError, match=f"light from {light_from}, normal below {normal_below}"):
        PressureGate(light_from=light_from, normal_below=normal_below)


def test_the_service_is_as_bad_as_its_worst_limiter():
    pressure = ServicePressure()
    assert pressure.level() == "normal"
    first, second = PressureGate(), PressureGate()
    remove_first = pressure.add("api", lambda: first.level)
    remove_second = pressure.add("jobs", lambda: second.level)
    second.update(0.9)
    assert pressure.level() == "light"
    assert pressure.statistics() == ServicePressureStatistics(
        "light", {"api": "normal", "jobs": "light"}, failed=0
    )
    assert repr(pressure) == "<ServicePressure light, of 2 sources>"
    remove_second()
    assert pressure.level() == "normal"
    assert _hooks.pressure() == "normal"
    remove_first()
    assert _hooks._pressure_source is None  # scopes pay for it only while somebody measures


def test_every_scope_obeys_it_while_somebody_measures():
    async def main():
        gate = PressureGate()
        async with snowshed.open_scope("work") as scope:
            remove = service_pressure.add("api", lambda: gate.level)
            gate.update(0.8)
            during = scope.level, current_level(), scope.choose("all", "few")
            remove()
            return during, scope.level, current_level()

    assert run_virtual(main()) == (("light", "light", "few"), "normal", "normal")


def test_a_source_that_fails_is_logged_once_and_taken_out(caplog):
    pressure = ServicePressure()
    pressure.add("broken", lambda: 1 / 0)
    remove = pressure.add("api", lambda: "light")
    with caplog.at_level(logging.ERROR, "snowshed.shed"):
        assert pressure.level() == "light"
        assert pressure.level() == "light"
    assert [record.getMessage() for record in caplog.records] == [
        "the pressure source 'broken' failed and was removed"
    ]
    assert pressure.statistics() == ServicePressureStatistics("light", {"api": "light"}, failed=1)
    remove()
    remove()


def test_a_source_that_answers_nonsense_is_a_source_that_fails(caplog):
    pressure = ServicePressure()
    pressure.add("broken", lambda: "terrible")
    assert pressure.level() == "normal"
    assert "'broken'" in caplog.text
    assert _hooks.pressure() == "normal"


def test_outside_of_scopes_the_level_is_the_services(light):
    assert current_level() == "light"


def test_inside_a_scope_its_own_budget_counts_too():
    async def main():
        async with snowshed.open_scope("work", budget=4) as scope:
            stop, seen = asyncio.Event(), [current_level()]
            for _ in range(4):
                await scope.spawn(stop.wait)
                seen.append(current_level())
            stop.set()
        return seen

    assert run_virtual(main()) == ["normal", "normal", "normal", "normal", "exhausted"]


def test_a_thread_does_not_count_the_budget_of_its_request():
    """Counting sweeps the list of tasks, which the loop uses at the same time."""

    async def main():
        async with snowshed.open_scope("work", budget=1) as scope:
            return await scope.run_sync(current_level), current_level()

    assert asyncio.run(main()) == ("normal", "normal")
    remove = service_pressure.add("api", lambda: "light")
    try:
        assert asyncio.run(main()) == ("light", "light")
    finally:
        remove()


def test_a_thread_gets_the_services_level_where_its_loop_would_say_exhausted():
    async def main():
        async with snowshed.open_scope("work", budget=1) as scope:
            stop = asyncio.Event()
            task = await scope.spawn(stop.wait)
            found = await asyncio.to_thread(current_level), current_level()
            stop.set()
            await task
        return found

    assert asyncio.run(main()) == ("normal", "exhausted")
