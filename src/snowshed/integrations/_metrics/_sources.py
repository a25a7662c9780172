"""Where the metrics of limiters, rules, breakers and light answers are read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from snowshed.shed._degrade import DegradableStatistics, feature_statistics
from snowshed.shed._pressure import service_pressure

__all__ = ["BreakerReading", "LimiterReading", "Reading", "RuleReading", "ShedSources"]

logger = logging.getLogger("snowshed.metrics")
# The values of the labels, and that of the metric.
Reading = tuple[tuple[str, ...], float]


class LimiterReading(Protocol):
    """What the metrics need of the statistics of a limiter.

    Attributes:
        limit: tasks that may be in flight at once.
        inflight: tasks that are in flight.
        pressure: the second divided by the first.
        offered: requests that have come: what to scale on.
        admitted: requests that were let in.
        rejected: requests that were refused, by reason.
    """

    @property
    def limit(self) -> float: ...
    @property
    def inflight(self) -> float: ...
    @property
    def pressure(self) -> float: ...
    @property
    def offered(self) -> int: ...
    @property
    def admitted(self) -> int: ...
    @property
    def rejected(self) -> Mapping[str, int]: ...


class RuleReading(Protocol):
    """What the metrics need of the statistics of a rule.

    Attributes:
        name: its name in the settings.
        active: whether it acts now.
    """

    @property
    def name(self) -> str: ...
    @property
    def active(self) -> bool: ...


class BreakerReading(Protocol):
    """What the metrics need of the statistics of a breaker.

    Attributes:
        name: of the breaker.
        state: ``closed``, ``open``, ``half_open``, ``forced_open`` or ``disabled``.
    """

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...


class ShedSources:
    """Where the metrics of what stands in the flood are read; asked at each scrape.

    A source that fails is logged once, and its metrics are left out while it does.

    Args:
        limiters: returns the statistics of each limiter, by its name.
        rules: returns the statistics of each rule.
        breakers: returns the statistics of each breaker.
        features: returns the statistics of each degradable feature.
        level: returns the level of the service.
    """

    __slots__ = ("_failed", "breakers", "features", "level", "limiters", "rules")

    def __init__(
        self,
        *,
        limiters: Callable[[], Mapping[str, LimiterReading]] = dict,
        rules: Callable[[], Iterable[RuleReading]] = tuple,
        breakers: Callable[[], Iterable[BreakerReading]] = tuple,
        features: Callable[[], Iterable[DegradableStatistics]] = feature_statistics,
        level: Callable[[], str] = service_pressure.level,
    ) -> None:
        self.limiters = limiters
        self.rules = rules
        self.breakers = breakers
        self.features = features
        self.level = level
        self._failed: set[str] = set()

    def read(self, source: str, values: Callable[[Any], Iterable[Reading]]) -> list[Reading]:
        """Return the ``values`` of what ``source`` returns at this moment; none if it fails."""
        try:
            return [*values(getattr(self, source)())]
        except Exception:
            if source not in self._failed:
                self._failed.add(source)
                logger.exception("the metrics of %r cannot be read", source)
            return []
