"""Prometheus: the numbers of a process as metrics, read when they are asked for.

Under `snowshed run` the collector joins the default registry as soon as the service imports
``prometheus_client``, so that its ``/metrics`` shows them. In code::

    REGISTRY.register(SnowshedCollector(snowshed.init()))

Nothing is counted twice or on the side: a scrape reads the same ``statistics()`` that everybody
reads, and costs O(live tasks of open requests). What labels can say is bounded.

Needs: pip install 'snowshed[prometheus]'
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from snowshed.integrations._metrics import SHED, TOTALS, ShedSources, Totals, rules_in

__all__ = [
    "ShedCollector",
    "ShedSources",
    "SnowshedCollector",
    "Totals",
    "register",
    "register_shed",
    "rules_in",
]

# Name of the metric, attribute of the statistics, what it says. Counters get _total appended.
COUNTERS, GAUGES = (
    tuple(
        (about.prometheus, attribute, about.text)
        for attribute, about in TOTALS.items()
        if about.kind == kind
    )
    for kind in ("counter", "gauge")
)


class SnowshedCollector(Collector):
    """Reads one runtime at each scrape.

    Args:
        runtime: what `snowshed.init` returned.
    """

    def __init__(self, runtime: Totals) -> None:
        self._runtime = runtime

    def collect(self) -> Iterable[Metric]:
        """Return the metrics of this moment."""
        statistics = self._runtime.statistics()
        for name, attribute, text in COUNTERS:
            yield CounterMetricFamily(name, text, value=getattr(statistics, attribute))
        for name, attribute, text in GAUGES:
            yield GaugeMetricFamily(name, text, value=getattr(statistics, attribute))


class ShedCollector(Collector):
    """Reads limiters, rules, breakers and light answers at each scrape.

    Args:
        sources: where they are found.
    """

    def __init__(self, sources: ShedSources) -> None:
        self._sources = sources

    def collect(self) -> Iterable[Metric]:
        """Return the metrics of this moment; one without any value is not there."""
        for metric in SHED:
            about = metric.about
            family = CounterMetricFamily if about.kind == "counter" else GaugeMetricFamily
            made = family(about.prometheus, about.text, labels=about.labels)
            for labels, value in metric.read(self._sources):
                made.add_metric(labels, value)
            if made.samples:
                yield made


def register(runtime: Totals, registry: CollectorRegistry = REGISTRY) -> SnowshedCollector:
    """Add the metrics of ``runtime`` to ``registry`` and return the collector."""
    collector = SnowshedCollector(runtime)
    registry.register(collector)
    return collector


def register_shed(sources: ShedSources, registry: CollectorRegistry = REGISTRY) -> ShedCollector:
    """Add the metrics of ``sources`` to ``registry`` and return the collector."""
    collector = ShedCollector(sources)
    registry.register(collector)
    return collector
