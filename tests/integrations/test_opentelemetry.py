"""The instruments say what the statistics say, through the API alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import Gauge, InMemoryMetricReader, Sum

from snowshed.attach import Runtime, Settings
from snowshed.integrations import opentelemetry
from snowshed.integrations._metrics import SHED, TOTALS
from snowshed.integrations._request import Policy, RequestScope, watch_requests

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
SOURCES = opentelemetry.ShedSources(
    limiters=lambda: {
        "api": SimpleNamespace(
            limit=50.0,
            inflight=40.0,
            pressure=0.8,
            offered=10,
            admitted=9,
            rejected={"limit": 1, "deadline": 2},
        )
    },
    rules=lambda: [SimpleNamespace(name="errors", active=True)],
    breakers=lambda: [SimpleNamespace(name="db", state="open", refused=2)],
)


@pytest.fixture
def sdk():
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    yield SimpleNamespace(meter=provider.get_meter("test"), reader=reader)
    provider.shutdown()


@pytest.fixture
def runtime():
    runtime = Runtime(Settings())
    watch_requests(runtime._watch)
    yield runtime
    watch_requests(None)


def exported(reader: InMemoryMetricReader) -> dict[str, object]:
    data = reader.get_metrics_data()
    if data is None:
        return {}
    (resource,) = data.resource_metrics
    (scope,) = resource.scope_metrics
    return {metric.name: metric for metric in scope.metrics}


def values(metric) -> dict[tuple[tuple[str, str], ...], float]:
    return {tuple(point.attributes.items()): point.value for point in metric.data.data_points}


def test_the_totals_of_a_runtime(sdk, runtime):
    opentelemetry.instrument(runtime, meter=sdk.meter)

    async def main():
        async with RequestScope("GET /", Policy(enforce=False), timeout=None, budget=50) as scope:
            stop = asyncio.Event()
            for _ in range(3):
                await scope.spawn(stop.wait)
            during = exported(sdk.reader)
            stop.set()
        return during

    during = asyncio.run(main())
    assert values(during["snowshed.task.count"]) == {(): 3}
    after = exported(sdk.reader)
    assert values(after["snowshed.task.count"]) == {(): 0}
    assert values(after["snowshed.task.spawned"]) == {(): 3}
    assert set(after) == {about.otel for about in TOTALS.values()}


def test_what_stands_in_the_flood(sdk):
    opentelemetry.instrument_shed(SOURCES, meter=sdk.meter)
    found = exported(sdk.reader)
    api = ("limiter", "api")
    assert values(found["snowshed.request.offered"]) == {(api,): 10}
    assert values(found["snowshed.request.admitted"]) == {(api,): 9}
    assert values(found["snowshed.limiter.rejections"]) == {
        (api, ("reason", "limit")): 1,
        (api, ("reason", "deadline")): 2,
    }
    assert values(found["snowshed.limiter.pressure"]) == {(api,): 0.8}
    assert values(found["snowshed.level"])[("level", "normal"),] == 1
    assert values(found["snowshed.rule.active"]) == {(("rule", "errors"),): 1}
    states = values(found["snowshed.breaker.state"])
    assert [key for key, value in states.items() if value] == [
        (("breaker", "db"), ("state", "open"))
    ]


def test_kinds_units_and_descriptions_are_those_of_the_table(sdk, runtime):
    opentelemetry.instrument(runtime, meter=sdk.meter)
    opentelemetry.instrument_shed(SOURCES, meter=sdk.meter)
    found = exported(sdk.reader)
    for about in (*TOTALS.values(), *(metric.about for metric in SHED)):
        metric = found.get(about.otel)
        if metric is None:
            assert about.labels in {("feature",), ("target", "outcome")}
            continue
        assert (metric.unit, metric.description) == (about.unit, about.text)
        if about.kind == "counter":
            assert isinstance(metric.data, Sum)
            assert metric.data.is_monotonic
        else:
            assert isinstance(metric.data, Gauge)


def test_the_reference_lists_every_instrument():
    words = PAGE.read_text(encoding="utf-8").replace("`", " ").split()
    names = [about.otel for about in (*TOTALS.values(), *(metric.about for metric in SHED))]
    assert [name for name in names if name not in words] == []


def test_only_the_api_is_needed_and_without_an_sdk_nothing_happens():
    code = (
        "import sys\n"
        "from snowshed.integrations.opentelemetry import ShedSources, instrument_shed\n"
        "instrument_shed(ShedSources())\n"
        "assert not any(name.startswith('opentelemetry.sdk') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
