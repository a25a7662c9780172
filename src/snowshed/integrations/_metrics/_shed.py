"""The numbers of what stands in the flood, and how each is found in statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from snowshed.core._hooks import LEVELS
from snowshed.integrations._metrics._metric import Metric

if TYPE_CHECKING:
    from snowshed.integrations._metrics._sources import (
        BreakerReading,
        LimiterReading,
        Reading,
        RetryReading,
        RuleReading,
        ShedSources,
    )
    from snowshed.shed._degrade import DegradableStatistics

__all__ = ["SHED", "ShedMetric"]

BREAKER_STATES = ("closed", "open", "half_open", "forced_open", "disabled")


class ShedMetric(NamedTuple):
    """A metric, and how its values are found.

    Attributes:
        about: the metric.
        source: which of the `ShedSources` it is read from.
        values: makes values, each with those of the labels, of what the source returns.
    """

    about: Metric
    source: str
    values: Callable[[Any], Iterable[Reading]]

    def read(self, sources: ShedSources) -> list[Reading]:
        """Return the values at this moment."""
        return sources.read(self.source, self.values)


def _of_limiters(attribute: str) -> Callable[[Mapping[str, LimiterReading]], Iterator[Reading]]:
    def values(limiters: Mapping[str, LimiterReading]) -> Iterator[Reading]:
        for name, limiter in limiters.items():
            yield (name,), getattr(limiter, attribute)

    return values


def _rejections(limiters: Mapping[str, LimiterReading]) -> Iterator[Reading]:
    for name, limiter in limiters.items():
        for reason, count in limiter.rejected.items():
            yield (name, reason), count


def _of_features(attribute: str) -> Callable[[Iterable[DegradableStatistics]], Iterator[Reading]]:
    def values(features: Iterable[DegradableStatistics]) -> Iterator[Reading]:
        for feature in features:
            yield (feature.feature,), getattr(feature, attribute)

    return values


def _level(level: str) -> Iterator[Reading]:
    for each in LEVELS:
        yield (each,), int(each == level)


def _active(rules: Iterable[RuleReading]) -> Iterator[Reading]:
    for rule in rules:
        yield (rule.name,), int(rule.active)


def _states(breakers: Iterable[BreakerReading]) -> Iterator[Reading]:
    for breaker in breakers:
        for state in BREAKER_STATES:
            yield (breaker.name, state), int(state == breaker.state)


def _refused_calls(breakers: Iterable[BreakerReading]) -> Iterator[Reading]:
    for breaker in breakers:
        yield (breaker.name,), breaker.refused


def _retries(budgets: Iterable[RetryReading]) -> Iterator[Reading]:
    for budget in budgets:
        yield (budget.name, "allowed"), budget.allowed
        yield (budget.name, "refused"), budget.refused


SHED = (
    ShedMetric(
        Metric(
            "counter",
            "snowshed_requests_offered",
            "snowshed.request.offered",
            "{request}",
            "Requests that came, whether admitted or not: scale on these",
            ("limiter",),
        ),
        "limiters",
        _of_limiters("offered"),
    ),
    ShedMetric(
        Metric(
            "counter",
            "snowshed_requests_admitted",
            "snowshed.request.admitted",
            "{request}",
            "Requests that were let in",
            ("limiter",),
        ),
        "limiters",
        _of_limiters("admitted"),
    ),
    ShedMetric(
        Metric(
            "counter",
            "snowshed_limiter_rejections",
            "snowshed.limiter.rejections",
            "{request}",
            "Requests that were refused",
            ("limiter", "reason"),
        ),
        "limiters",
        _rejections,
    ),
    ShedMetric(
        Metric(
            "gauge",
            "snowshed_limiter_limit",
            "snowshed.limiter.limit",
            "{task}",
            "Tasks that may be in flight at once",
            ("limiter",),
        ),
        "limiters",
        _of_limiters("limit"),
    ),
    ShedMetric(
        Metric(
            "gauge",
            "snowshed_limiter_inflight",
            "snowshed.limiter.inflight",
            "{task}",
            "Tasks in flight, as the limiter charges them",
            ("limiter",),
        ),
        "limiters",
        _of_limiters("inflight"),
    ),
    ShedMetric(
        Metric(
            "gauge",
            "snowshed_limiter_pressure",
            "snowshed.limiter.pressure",
            "1",
            "Tasks in flight divided by the limit",
            ("limiter",),
        ),
        "limiters",
        _of_limiters("pressure"),
    ),
    ShedMetric(
        Metric(
            "gauge",
            "snowshed_level",
            "snowshed.level",
            "1",
            "1 for the level that the service is at, 0 for the others",
            ("level",),
        ),
        "level",
        _level,
    ),
    ShedMetric(
        Metric(
            "counter",
            "snowshed_full_answers",
            "snowshed.answer.full",
            "{call}",
            "Calls of degradable functions that had the whole answer",
            ("feature",),
        ),
        "features",
        _of_features("full"),
    ),
    ShedMetric(
        Metric(
            "counter",
            "snowshed_light_answers",
            "snowshed.answer.light",
            "{call}",
            "Calls of degradable functions that had the light answer",
            ("feature",),
        ),
        "features",
        _of_features("light"),
    ),
    ShedMetric(
        Metric(
            "gauge",
            "snowshed_rule_active",
            "snowshed.rule.active",
            "1",
            "1 while the rule is active, in dry-run too",
            ("rule",),
        ),
        "rules",
        _active,
    ),
    ShedMetric(
        Metric(
            "gauge",
            "snowshed_breaker_state",
            "snowshed.breaker.state",
            "1",
            "1 for the state that the breaker is in, 0 for the others",
            ("breaker", "state"),
        ),
        "breakers",
        _states,
    ),
    ShedMetric(
        Metric(
            "counter",
            "snowshed_breaker_refused",
            "snowshed.breaker.refused",
            "{call}",
            "Calls that a breaker refused",
            ("breaker",),
        ),
        "breakers",
        _refused_calls,
    ),
    ShedMetric(
        Metric(
            "counter",
            "snowshed_retries",
            "snowshed.retry.count",
            "{retry}",
            "Retries that were wanted, by whether the retry budget allowed them",
            ("target", "outcome"),
        ),
        "retries",
        _retries,
    ),
)
