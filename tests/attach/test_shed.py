"""What stands in the flood in one process: made as the settings say, begun by the first request."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

import _needs
from snowshed.attach import _init
from snowshed.attach._settings import Settings as RunSettings
from snowshed.attach._shed import Shed, admission_of, read_settings
from snowshed.core import _hooks
from snowshed.errors import ConfigError
from snowshed.shed import (
    AIMDLimit,
    DeadlineLimit,
    FixedLimit,
    RoutePolicy,
    RulesFile,
    VegasLimit,
    WindowedLimit,
)
from snowshed.shed._effects import current_effects, set_effects
from snowshed.shed._pressure import service_pressure
from snowshed.shed._settings import LimitName, Settings


@pytest.fixture(autouse=True)
def taken_off():
    before = dict(service_pressure._sources)
    yield
    service_pressure._sources.clear()
    service_pressure._sources.update(before)
    _hooks.on_light(None)
    _hooks.pressure_from(None)
    set_effects(None)


def rules(folder: Path, text: str = "") -> RulesFile:
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
    return RulesFile(file)


def made(folder: Path, text: str = "") -> Shed:
    return Shed(Settings(), rules=rules(folder, text), service="shop", enforce=True)


def test_a_mistake_in_the_rules_is_known_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"rules\.toml"):
        made(tmp_path, "[[rule]]\n")


@pytest.mark.parametrize(
    "url", ["redis://ann:s3cret/x@host:6379/0", "http://ann:s3cret@host", "redis://ann:s3cret@[h/0"]
)
def test_a_wrong_url_of_redis_costs_the_cluster_alone_and_is_not_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    _needs.module("redis")
    shed = Shed(Settings(redis=url), rules=rules(tmp_path), service="shop", enforce=True)
    assert shed.rules is not None
    assert not shed.rules._cluster.connected
    (record,) = caplog.records
    assert record.message.startswith("setting shed.redis: no URL of a Redis")
    assert not any(part in caplog.text for part in ("s3", "ann", "cret"))


def test_without_the_library_of_redis_each_instance_judges_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "snowshed.integrations.redis", raising=False)
    for name in ("redis", "redis.asyncio"):
        monkeypatch.setitem(sys.modules, name, None)
    shed = Shed(Settings(redis="redis://h"), rules=rules(tmp_path), service="shop", enforce=True)
    assert shed.rules is not None
    assert not shed.rules._cluster.connected
    assert len(caplog.records) == 1


@pytest.mark.parametrize(("service", "told"), [("service", 1), ("shop", 0)])
def test_instances_of_services_without_a_name_would_add_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, service: str, told: int
) -> None:
    _needs.module("redis")
    settings = Settings(redis="redis://localhost/0")
    Shed(settings, rules=rules(tmp_path), service=service, enforce=True)
    assert caplog.text.count("run.service: shed.redis is set and this is not") == told


@pytest.mark.asyncio
async def test_rules_are_judged_from_the_first_request_on(tmp_path: Path) -> None:
    shed = made(tmp_path)
    assert shed.rules is not None
    shed.rules._interval = 0.01
    await asyncio.sleep(0.05)
    assert shed.rules.statistics().evaluations == 0
    shed.admission.offer("GET", "/")
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
    shed = Shed(Settings(), rules=rules(tmp_path), service="shop", enforce=False)
    shed.admission.limiter.admit(45)
    assert _hooks.pressure() == "normal"
    assert not shed.admission.enforce


def test_the_metrics_read_the_limiter() -> None:
    shed = Shed(Settings(), service="shop", enforce=True)
    shed.admission.offer("GET", "/")
    reading = shed.sources().limiters()["shop"]
    assert (reading.offered, reading.admitted, reading.inflight) == (1, 1, 1)


class TestWhereTheRulesStand:
    INLINE = """
[[shed.rules]]
name = "no reviews"
when = "qps >= 0"
action = { degrade = ["reviews"] }
"""

    def read(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, **given: object
    ) -> RulesFile | None:
        (folder / "snowshed.toml").write_text(text)
        monkeypatch.chdir(folder)
        return read_settings(given)[1]

    def test_nowhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.read(tmp_path, monkeypatch, "[shed]\nobjective = 2.0\n") is None

    def test_in_a_file_of_their_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        rules(tmp_path)
        found = self.read(tmp_path, monkeypatch, '[shed]\nrules = "rules.toml"\n')
        assert found is not None
        assert [rule.name for rule in found.load().rules] == ["no reviews"]

    def test_among_the_settings(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        found = self.read(tmp_path, monkeypatch, self.INLINE)
        assert found is not None
        assert [rule.name for rule in found.load().rules] == ["no reviews"]

    def test_in_the_project_file_with_the_standard_ones(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "pyproject.toml").write_text(
            '[tool.snowshed.shed]\nuse = "standard"\n'
            '[tool.snowshed.shed.features]\nnon-core = ["reviews"]\n'
            '[tool.snowshed.shed.overrides."cpu: serve one request in ten"]\nfor = "2s"\n'
        )
        monkeypatch.chdir(tmp_path)
        _, found = read_settings({})
        assert found is not None
        tree = found.load()
        assert [rule.hold for rule in tree.rules] == [60, 2, 5]
        assert tree.features["non-core"] == {"reviews"}

    @pytest.mark.parametrize("given", [{"rules": [{"name": "errors"}]}, {"use": "standard"}])
    def test_not_in_an_argument(self, given: dict[str, object]) -> None:
        with pytest.raises(ConfigError, match=r"argument (rules|use): these stand in a settings"):
            read_settings(given)

    def test_an_option_goes_before_the_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = self.read(tmp_path, monkeypatch, self.INLINE, rules="standard")
        assert found is not None
        assert len(found.load().rules) == 3


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("deadline", DeadlineLimit),
        ("gradient2", WindowedLimit),
        ("vegas", VegasLimit),
        ("aimd", AIMDLimit),
        ("fixed", FixedLimit),
    ],
)
def test_the_limit_can_be_chosen_by_name(name: LimitName, kind: type) -> None:
    settings = Settings(limit=name, max_limit=30)
    limit = admission_of(settings, name="shop", enforce=True).limiter.limit
    assert isinstance(limit, kind)
    if name in {"deadline", "fixed"}:
        assert limit.limit == 30


@pytest.mark.parametrize(
    ("mode", "enforce", "refuses"),
    [("enforce", True, True), ("enforce", False, False), ("dry-run", True, False)],
)
def test_nobody_is_refused_unless_both_the_service_and_the_section_enforce(
    mode: str, enforce: bool, refuses: bool
) -> None:
    settings = Settings(mode=mode)  # type: ignore[arg-type]
    assert admission_of(settings, name="shop", enforce=enforce).enforce is refuses


def test_declared_routes_reach_the_admission() -> None:
    settings = Settings(routes={"GET /feed": RoutePolicy(cost=32, light=8)})
    admission = admission_of(settings, name="shop", enforce=True)
    assert admission.routes.find("GET", "/feed").cost(light=True) == 8


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
    shed = _init._shed_of(settings, {"mode": mode})
    assert (shed is not None) is there


def test_a_service_that_is_only_observed_loads_nothing_of_it() -> None:
    code = """
import sys, snowshed
snowshed.init()
print(sorted(m for m in sys.modules if m.startswith("snowshed.shed._limit")))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    assert done.stdout == "[]\n"


def test_the_metrics_are_there_as_soon_as_the_service_has_a_provider() -> None:
    code = """
import snowshed
snowshed.init(mode="enforce")
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
found = reader.get_metrics_data().resource_metrics[0].scope_metrics
names = {metric.name for scope in found for metric in scope.metrics}
print({"snowshed.limiter.limit", "snowshed.request.offered", "snowshed.task.count"} <= names)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
