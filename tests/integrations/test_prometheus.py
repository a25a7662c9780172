"""The metrics say what the statistics say, under the names that the reference lists."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from types import SimpleNamespace

import prometheus_client
import pytest

from snowshed.attach import Runtime, RuntimeStatistics, Settings
from snowshed.integrations import prometheus
from snowshed.integrations._metrics import SHED
from snowshed.integrations._request import Policy, RequestScope, watch_requests

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"


@pytest.fixture
def runtime():
    runtime = Runtime(Settings())
    watch_requests(runtime._watch)
    yield runtime
    watch_requests(None)


def scrape(registry) -> dict[str, float]:
    text = prometheus_client.generate_latest(registry).decode()
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def test_an_open_request_shows_its_live_tasks_and_an_ended_one_its_total(runtime):
    registry = prometheus_client.CollectorRegistry()
    prometheus.register(runtime, registry)

    async def main():
        stop = asyncio.Event()
        async with RequestScope("GET /", Policy(enforce=False), timeout=None, budget=50) as scope:
            for _ in range(3):
                await scope.spawn(stop.wait)
            during = scrape(registry)
            stop.set()
        return during

    during = asyncio.run(main())
    assert (during["snowshed_requests_open"], during["snowshed_tasks"]) == (1, 3)
    after = scrape(registry)
    assert (after["snowshed_requests_open"], after["snowshed_tasks"]) == (0, 0)
    assert (after["snowshed_requests_total"], after["snowshed_tasks_spawned_total"]) == (1, 3)


def test_every_number_of_the_statistics_is_a_metric():
    numbers = {f.name for f in dataclasses.fields(RuntimeStatistics)} - {"mode"}
    assert numbers == {attribute for _, attribute, _ in prometheus.COUNTERS + prometheus.GAUGES}


def test_the_reference_lists_every_metric():
    words = PAGE.read_text(encoding="utf-8").replace("`", " ").split()
    names = [f"{name}_total" for name, _, _ in prometheus.COUNTERS]
    names += [name for name, _, _ in prometheus.GAUGES]
    for about in (metric.about for metric in SHED):
        names.append(about.prometheus + "_total" * (about.kind == "counter"))
    assert [name for name in names if name not in words] == []


LIMITER = SimpleNamespace(
    limit=50.0, inflight=40.0, pressure=0.8, offered=10, admitted=9, rejected={"limit": 1}
)


def test_what_stands_in_the_flood_has_its_own_collector():
    registry = prometheus_client.CollectorRegistry()
    limiters = {}
    sources = prometheus.ShedSources(
        limiters=lambda: limiters,
        rules=lambda: [SimpleNamespace(name="errors", active=True)],
        breakers=lambda: [SimpleNamespace(name="db", state="open", refused=2)],
    )
    prometheus.register_shed(sources, registry)
    assert "snowshed_requests_offered_total" not in str(scrape(registry))
    limiters["api"] = LIMITER
    found = scrape(registry)
    assert found['snowshed_requests_offered_total{limiter="api"}'] == 10
    assert found['snowshed_requests_admitted_total{limiter="api"}'] == 9
    assert found['snowshed_limiter_rejections_total{limiter="api",reason="limit"}'] == 1
    assert found['snowshed_limiter_pressure{limiter="api"}'] == 0.8
    assert found['snowshed_level{level="normal"}'] == 1
    assert found['snowshed_rule_active{rule="errors"}'] == 1
    assert found['snowshed_breaker_state{breaker="db",state="open"}'] == 1
    assert found['snowshed_breaker_state{breaker="db",state="closed"}'] == 0


def test_both_collectors_fit_into_one_registry(runtime):
    registry = prometheus_client.CollectorRegistry()
    prometheus.register(runtime, registry)
    prometheus.register_shed(prometheus.ShedSources(limiters=lambda: {"api": LIMITER}), registry)
    assert len(scrape(registry)) > len(prometheus.COUNTERS) + len(prometheus.GAUGES)
