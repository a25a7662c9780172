"""Where the metrics of limiters, rules, breakers and light answers are read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from snowshed.shed._degrade import DegradableStatistics, feature_statistics
from snowshed.shed._pressure import service_pressure
from snowshed.shed._target import shared_targets

if TYPE_CHECKING:
    from snowshed.shed._admission import Admission

__all__ = [
    "BreakerReading",
    "LimiterReading",
    "Reading",
    "RetryReading",
    "RuleActivity",
    "RuleReading",
    "ShedSources",
    "reading_of",
    "rules_in",
]

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


@dataclass(frozen=True, slots=True)
class AdmissionReading:
    """A `LimiterReading` of everything that decides about a request: limiter and rules."""

    limit: float
    inflight: float
    pressure: float
    offered: int
    admitted: int
    rejected: Mapping[str, int]


def reading_of(admission: Admission) -> AdmissionReading:
    """Return what the metrics say of ``admission``.

    A request that a rule refuses never comes to the limiter. It is demand like any other.
    """
    now, refused = admission.limiter.statistics(), admission.refused
    by_rules = sum(refused.values()) - sum(now.rejected.values())
    return AdmissionReading(
        limit=now.limit,
        inflight=now.inflight,
        pressure=now.pressure,
        offered=now.offered + by_rules,
        admitted=now.admitted,
        rejected={**dict.fromkeys(now.rejected, 0), **refused},
    )


class RuleReading(Protocol):
    """What the metrics need of the statistics of a rule.

    Attributes:
        name: its name in the settings.
        active: whether it acts now, or would if it were more than a dry-run.
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
        refused: calls that were refused, ever.
    """

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def refused(self) -> int: ...


class RetryReading(Protocol):
    """What the metrics need of the statistics of a retry budget.

    Attributes:
        name: of the target.
        allowed: retries that were allowed, ever.
        refused: retries that were refused, ever.
    """

    @property
    def name(self) -> str: ...
    @property
    def allowed(self) -> int: ...
    @property
    def refused(self) -> int: ...


class RuleActivity(NamedTuple):
    """A `RuleReading`."""

    name: str
    active: bool


def rules_in(report: Mapping[str, Any]) -> Iterator[RuleReading]:
    """Yield each rule of what `RuleRunner.report` returns, those below others too."""
    for rule in report.get("rules", ()):
        yield RuleActivity(rule["name"], rule["active"])
        yield from rules_in({"rules": rule.get("then", ())})


def breakers_of_targets() -> list[BreakerReading]:
    """Return the statistics of the breakers of the targets that the process shares."""
    found = (target.statistics().breaker for target in shared_targets())
    return [each for each in found if each is not None]


def retries_of_targets() -> list[RetryReading]:
    """Return the statistics of the retry budgets of the targets that the process shares."""
    found = (target.statistics().retries for target in shared_targets())
    return [each for each in found if each is not None]


class ShedSources:
    """Where the metrics of what stands in the flood are read; asked at each scrape.

    A source that fails is logged once, and its metrics are left out while it does.

    Args:
        limiters: returns the statistics of each limiter, by its name.
        rules: returns the statistics of each rule.
        breakers: returns the statistics of each breaker; those of the shared targets, if left out.
        retries: returns the statistics of each retry budget; the same.
        features: returns the statistics of each degradable feature.
        level: returns the level of the service.
    """

    __slots__ = ("_failed", "breakers", "features", "level", "limiters", "retries", "rules")

    def __init__(
        self,
        *,
        limiters: Callable[[], Mapping[str, LimiterReading]] = dict,
        rules: Callable[[], Iterable[RuleReading]] = tuple,
        breakers: Callable[[], Iterable[BreakerReading]] = breakers_of_targets,
        retries: Callable[[], Iterable[RetryReading]] = retries_of_targets,
        features: Callable[[], Iterable[DegradableStatistics]] = feature_statistics,
        level: Callable[[], str] = service_pressure.level,
    ) -> None:
        self.limiters = limiters
        self.rules = rules
        self.breakers = breakers
        self.retries = retries
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
