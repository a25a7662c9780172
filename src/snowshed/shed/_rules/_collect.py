"""Reads what the rules of a tree judge, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from snowshed.shed._rules._engine import Readings
from snowshed.shed._rules._gauges import number_of_state
from snowshed.shed._rules._metric import KINDS, Metric
from snowshed.shed._target import shared_targets

if TYPE_CHECKING:
    from snowshed.shed._meter import Meter, Window
    from snowshed.shed._rules._gauges import Gauges
    from snowshed.shed._rules._model import RuleTree
    from snowshed.shed._sensors import Sensors

__all__ = ["Collector", "counted"]

logger = logging.getLogger("snowshed.rules")
AT_ONCE = 10
"""Routes that are added up between two turns of the loop."""


class Collector:
    """Where readings come from.

    Args:
        meter: counts of requests.
        sensors: readings of the system.
        gauges: readings of the application.
        pressure: units in use / limit; None: nobody limits.
    """

    def __init__(
        self,
        meter: Meter,
        sensors: Sensors,
        gauges: Gauges,
        pressure: Callable[[], float | None] | None,
    ) -> None:
        self._meter = meter
        self._sensors = sensors
        self._gauges = gauges
        self._pressure = pressure

    def read(self, tree: RuleTree, now: float) -> Generator[None, None, Readings]:
        """Return what the rules of ``tree`` judge, of this process.

        It yields where the loop may have a turn: to add up hundreds of routes takes milliseconds.
        """
        # Rules of the cluster are judged by this instance where there is no cluster.
        own = tree.metrics("instance") | tree.metrics("cluster")
        found: dict[str, float | None] = dict(counted(own, self.windows(own, now)))
        found |= self._sensors.read({metric.name for metric in own}, now)
        for metric in own:
            if metric.name == "pressure":
                found[metric.key] = self._pressure_now()
            elif metric.name == "breaker":
                registered = self._gauges.read(metric)
                found[metric.key] = _of_target(metric) if registered is None else registered
            elif metric.argument or metric.name == "pool_exhausted":
                found[metric.key] = self._gauges.read(metric)
        routes = yield from self._routes(tree, now)
        return Readings(found, routes)

    def _pressure_now(self) -> float | None:
        if self._pressure is None:
            return None
        try:
            return self._pressure()
        except Exception:
            self._pressure = None
            logger.exception("the pressure failed and was switched off; rules go on without")
            return None

    def windows(
        self, metrics: Iterable[Metric], now: float, route: str | None = None
    ) -> dict[int, Window]:
        """Return the counts that ``metrics`` are made of, by the length of their window."""
        lengths = {metric.window for metric in metrics if KINDS[metric.name].windowed}
        return {length: self._meter.window(length, now, route) for length in lengths}

    def _routes(
        self, tree: RuleTree, now: float
    ) -> Generator[None, None, dict[str, dict[str, float | None]]]:
        metrics = tree.metrics("route")
        patterns = {rule.route for rule in tree.walk() if rule.scope == "route"}
        found = {}
        for number, route in enumerate(self._meter.routes if patterns else ()):
            if number % AT_ONCE == 0:
                yield
            if any(fnmatchcase(route, pattern) for pattern in patterns):
                found[route] = counted(metrics, self.windows(metrics, now, route))
        return found


def _of_target(metric: Metric) -> float | None:
    """Return the state of the breaker of the shared target with that name."""
    for target in shared_targets():
        if target.name == metric.argument and target.breaker is not None:
            return number_of_state(target.breaker.state)
    return None


def counted(metrics: Iterable[Metric], windows: Mapping[int, Window]) -> dict[str, float | None]:
    """Return the readings of those ``metrics`` that are made of counts."""
    return {
        metric.key: getattr(windows[metric.window], metric.name)
        for metric in metrics
        if metric.window in windows
    }
