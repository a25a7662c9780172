"""One table of metrics: names that follow the rules of both systems, values from statistics."""

from __future__ import annotations

import dataclasses
import logging
import re
from types import SimpleNamespace

import pytest

import snowshed
from snowshed import shed
from snowshed.attach import RuntimeStatistics
from snowshed.integrations._metrics import SHED, TOTALS, ShedSources, reading_of, rules_in
from snowshed.shed import FixedLimit, Targets, _degrade, _target
from snowshed.shed._admission import Admission
from snowshed.shed._breaker import BreakerStatistics
from snowshed.shed._degrade import degradable
from snowshed.shed._limiter import AdaptiveLimiter
from snowshed.shed._meter import Meter
from snowshed.shed._pressure import service_pressure
from snowshed.shed._rules import RuleRunner, parse_rules

EVERY = [*TOTALS.values(), *(metric.about for metric in SHED)]
LIMITER = SimpleNamespace(
    limit=50.0,
    inflight=40.0,
    pressure=0.8,
    offered=1000,
    admitted=900,
    rejected={"limit": 90, "sheddable": 10},
)


def read(name: str, sources: ShedSources) -> dict[tuple[str, ...], float]:
    metric = next(each for each in SHED if each.about.prometheus == name)
    return dict(metric.read(sources))


@pytest.mark.parametrize("about", EVERY, ids=lambda about: about.prometheus)
def test_names_follow_the_rules(about):
    """Prometheus: naming best practices; OpenTelemetry: semantic conventions, 'Naming'."""
    assert re.fullmatch(r"snowshed(_[a-z]+)+", about.prometheus)
    assert not about.prometheus.endswith("_total")
    assert re.fullmatch(r"snowshed(\.[a-z_]+){1,2}", about.otel)
    assert "total" not in about.otel
    assert about.unit == "1" or re.fullmatch(r"\{[a-z]+\}", about.unit)
    assert about.text[0].isupper() or about.text[0] == "1"
    assert not about.text.endswith(".")


def test_no_name_is_used_twice():
    for names in ([each.prometheus for each in EVERY], [each.otel for each in EVERY]):
        assert len(names) == len(set(names))


def test_every_number_of_the_runtime_is_a_metric():
    assert set(TOTALS) == {each.name for each in dataclasses.fields(RuntimeStatistics)} - {"mode"}


def test_a_limiter_says_what_was_offered_and_what_was_admitted_apart():
    sources = ShedSources(limiters=lambda: {"api": LIMITER})
    assert read("snowshed_requests_offered", sources) == {("api",): 1000}
    assert read("snowshed_requests_admitted", sources) == {("api",): 900}
    assert read("snowshed_limiter_limit", sources) == {("api",): 50}
    assert read("snowshed_limiter_inflight", sources) == {("api",): 40}
    assert read("snowshed_limiter_pressure", sources) == {("api",): 0.8}
    assert read("snowshed_limiter_rejections", sources) == {
        ("api", "limit"): 90,
        ("api", "sheddable"): 10,
    }


@pytest.mark.parametrize("enforce", [True, False])
def test_a_request_that_a_rule_refuses_was_offered_too(enforce):
    admission = Admission(AdaptiveLimiter("api", limit=FixedLimit(2)), enforce=enforce)
    refused = 0

    def offer():
        nonlocal refused
        try:
            admission.offer("GET", "/")
        except snowshed.Overloaded:
            refused += 1

    for _ in range(5):
        offer()
    shed.set_effects(shed.Effects(shed.Effect(refuse_below=shed.Criticality.CRITICAL_PLUS)))
    try:
        for _ in range(7):
            offer()
    finally:
        shed.set_effects(None)
    sources = ShedSources(limiters=lambda: {"api": reading_of(admission)})
    assert read("snowshed_requests_offered", sources) == {("api",): 12}
    rejected = read("snowshed_limiter_rejections", sources)
    assert rejected["api", "limit"] == 3
    assert rejected["api", "class"] == 7
    assert rejected["api", "infeasible"] == 0
    admitted = read("snowshed_requests_admitted", sources)
    assert (admitted["api",], refused) == ((2, 10) if enforce else (12, 0))


def test_the_level_of_the_service_is_one_of_three():
    level = {("normal",): 1, ("light",): 0, ("exhausted",): 0}
    assert read("snowshed_level", ShedSources()) == level
    remove = service_pressure.add("test", lambda: "light")
    try:
        level = {("normal",): 0, ("light",): 1, ("exhausted",): 0}
        assert read("snowshed_level", ShedSources()) == level
    finally:
        remove()


def test_answers_are_counted_by_feature(monkeypatch):
    monkeypatch.setattr(_degrade, "_features", {})
    prices = degradable(light=1, feature="prices")(lambda: 2)
    prices()
    remove = service_pressure.add("test", lambda: "light")
    prices()
    prices()
    remove()
    assert read("snowshed_full_answers", ShedSources()) == {("prices",): 1}
    assert read("snowshed_light_answers", ShedSources()) == {("prices",): 2}


def test_a_rule_is_active_or_not():
    rules = (SimpleNamespace(name="errors", active=True), SimpleNamespace(name="cpu", active=False))
    sources = ShedSources(rules=lambda: rules)
    assert read("snowshed_rule_active", sources) == {("errors",): 1, ("cpu",): 0}


def test_a_breaker_has_one_series_for_each_state():
    breakers = (SimpleNamespace(name="db", state="half_open", refused=3),)
    found = read("snowshed_breaker_state", ShedSources(breakers=lambda: breakers))
    assert {state for (_, state), value in found.items() if value} == {"half_open"}
    assert sum(found.values()) == 1
    accepted = BreakerStatistics.__doc__.partition("state:")[2].partition(".")[0]
    assert [state for _, state in found] == re.findall(r"``(\w+)``", accepted)


def test_rules_are_read_from_the_report_of_their_runner_those_below_others_too():
    report = {
        "origin": "rules.toml",
        "rules": [
            {"name": "busy", "active": True, "then": [{"name": "very busy", "active": False}]},
            {"name": "slow", "active": False},
        ],
    }
    sources = ShedSources(rules=lambda: rules_in(report))
    assert read("snowshed_rule_active", sources) == {
        ("busy",): 1,
        ("very busy",): 0,
        ("slow",): 0,
    }


def test_the_report_of_a_real_runner_is_understood():
    text = """
        [[rules]]
        name = "errors"
        when = "error_rate > 0.1"
        action = { degrade = ["recommendations"] }
    """
    runner = RuleRunner(parse_rules(text, origin="test"), meter=Meter())
    sources = ShedSources(rules=lambda: rules_in(runner.report()))
    assert read("snowshed_rule_active", sources) == {("errors",): 0}


def test_breakers_and_retries_of_the_shared_targets_are_there_by_themselves(monkeypatch):
    monkeypatch.setattr(_target, "_shared", Targets())
    prices = shed.target("prices")
    prices.breaker.force_open()
    with pytest.raises(snowshed.CircuitOpen):
        prices.admit()
    assert read("snowshed_breaker_refused", ShedSources()) == {("prices",): 1}
    states = read("snowshed_breaker_state", ShedSources())
    assert states["prices", "forced_open"] == 1
    prices.retries.request()
    prices.retries.try_retry()
    retries = read("snowshed_retries", ShedSources())
    assert retries["prices", "allowed"] + retries["prices", "refused"] == 1


def test_a_source_that_fails_is_logged_once_and_costs_only_its_own_metrics(caplog):
    sources = ShedSources(
        limiters=lambda: 1 / 0, rules=lambda: [SimpleNamespace(name="a", active=1)]
    )
    with caplog.at_level(logging.ERROR, "snowshed.metrics"):
        for _ in range(3):
            assert read("snowshed_limiter_limit", sources) == {}
            assert read("snowshed_requests_offered", sources) == {}
            assert read("snowshed_rule_active", sources) == {("a",): 1}
    assert [record.getMessage() for record in caplog.records] == [
        "the metrics of 'limiters' cannot be read"
    ]


def test_without_any_source_there_is_only_the_level(monkeypatch):
    monkeypatch.setattr(_target, "_shared", Targets())
    monkeypatch.setattr(_degrade, "_features", {})
    named = {metric.about.prometheus for metric in SHED if metric.read(ShedSources())}
    assert named == {"snowshed_level"}
