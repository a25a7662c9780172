"""Prometheus: the totals of a process as metrics, read when they are asked for.

Under `snowshed run` the collector joins the default registry as soon as the service imports
``prometheus_client``, so that its ``/metrics`` shows them. In code::

    REGISTRY.register(SnowshedCollector(snowshed.init()))

Nothing is counted twice or on the side: a scrape reads the same ``statistics()`` that everybody
reads, and costs O(live tasks of open requests). No label has a value that a client chooses.

Needs: pip install 'snowshed[prometheus]'
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

__all__ = ["SnowshedCollector", "Totals", "register"]

# Name of the metric, attribute of the statistics, what it says. Counters get _total appended.
COUNTERS = (
    ("snowshed_requests", "requests", "Requests and connections that have ended"),
    ("snowshed_requests_over_budget", "over_budget", "Requests that exceeded their task budget"),
    ("snowshed_tasks_spawned", "spawned", "Tasks of ended requests"),
    ("snowshed_tasks_refused", "refused", "Tasks refused because a budget was full"),
    ("snowshed_tasks_would_refuse", "would_refuse", "Tasks that enforcement would have refused"),
    ("snowshed_tasks_outlived", "outlived", "Tasks that outlived their request"),
    ("snowshed_tasks_late", "late", "Tasks started after their request had ended"),
    ("snowshed_tasks_bypassed", "bypassed", "Tasks found that no task factory had seen"),
    ("snowshed_reports_suppressed", "reports_suppressed", "Report lines left out by rate limit"),
    ("snowshed_hook_failures", "failures", "Hooks that failed and were switched off"),
)
GAUGES = (
    ("snowshed_requests_open", "open_requests", "Requests and connections that have not ended"),
    ("snowshed_tasks", "live", "Live tasks of open requests"),
)


class Totals(Protocol):
    """What has the statistics of a process: a `snowshed.attach.Runtime`."""

    def statistics(self) -> object:
        """Return an object with the attributes named in this module."""
        ...


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


def register(runtime: Totals, registry: CollectorRegistry = REGISTRY) -> SnowshedCollector:
    """Add the metrics of ``runtime`` to ``registry`` and return the collector."""
    collector = SnowshedCollector(runtime)
    registry.register(collector)
    return collector
