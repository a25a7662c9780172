"""What stands in the flood in one process: made as the settings say, begun by the first request."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from snowshed.attach import _runtime
from snowshed.attach._settings import Settings as RunSettings
from snowshed.attach._shed import Shed
from snowshed.core import _hooks
from snowshed.errors import ConfigError
from snowshed.shed._effects import current_effects, set_effects
from snowshed.shed._pressure import service_pressure
from snowshed.shed._settings import Settings


@pytest.fixture(autouse=True)
def taken_off():
    before = dict(service_pressure._sources)
    yield
    service_pressure._sources.clear()
    service_pressure._sources.update(before)
    _hooks.on_light(None)
    _hooks.pressure_from(None)
    set_effects(None)


def rules(folder: Path, text: str = "") -> str:
    file = folder / "rules.toml"
    file.write_text(
        text
        or """
mode = "enforce"
[[rules]]
name = "no reviews"
when = "qps >= 0"
for = "0s"
action = { degrade = ["reviews"] }
"""
    )
    return str(file)


def test_a_mistake_in_the_rules_is_known_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"rules\.toml"):
        Shed(Settings(rules=rules(tmp_path, "[[rule]]\n")), service="shop", enforce=True)


@pytest.mark.asyncio
async def test_rules_are_judged_from_the_first_request_on(tmp_path: Path) -> None:
    shed = Shed(Settings(rules=rules(tmp_path)), service="shop", enforce=True)
    assert shed.rules is not None
    shed.rules._interval = 0.01
    await asyncio.sleep(0.05)
    assert shed.rules.statistics().evaluations == 0
    shed.admission.offer("GET", "/", (), None)
    async with asyncio.timeout(5):
        while not current_effects().service.degraded:
            await asyncio.sleep(0.01)
    assert [(each.name, each.active) for each in shed.sources().rules()] == [("no reviews", True)]
    assert shed._running is not None
    shed._running.cancel()
    await asyncio.wait([shed._running])
    assert not current_effects().service.degraded


def test_the_pressure_of_the_service_is_that_of_its_limiter() -> None:
    shed = Shed(Settings(), service="shop", enforce=True)
    assert _hooks.pressure() == "normal"
    shed.admission.limiter.admit(45)
    assert _hooks.pressure() == "light"


def test_where_nothing_is_enforced_nobody_feels_it(tmp_path: Path) -> None:
    shed = Shed(Settings(rules=rules(tmp_path)), service="shop", enforce=False)
    shed.admission.limiter.admit(45)
    assert _hooks.pressure() == "normal"
    assert not shed.admission.enforce


def test_the_metrics_read_the_limiter() -> None:
    shed = Shed(Settings(), service="shop", enforce=True)
    shed.admission.offer("GET", "/", (), None)
    reading = shed.sources().limiters()["shop"]
    assert (reading.offered, reading.admitted, reading.inflight) == (1, 1, 1)


@pytest.mark.parametrize(
    ("run", "mode", "there"),
    [
        ("enforce", "enforce", True),
        ("enforce", "dry-run", True),
        ("enforce", "off", False),
        ("observe", "enforce", False),
        ("observe", "dry-run", True),
        ("observe", "off", False),
    ],
)
def test_to_observe_is_to_ask_nobody_unless_a_dry_run_is_wanted(
    run: str, mode: str, there: bool
) -> None:
    settings = RunSettings(mode=run)  # type: ignore[arg-type]
    shed = _runtime._shed_of(settings, {"mode": mode})
    assert (shed is not None) is there
