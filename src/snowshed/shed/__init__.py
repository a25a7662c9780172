"""Standing in the flood: what a service does when more comes than it can do."""

from __future__ import annotations

from snowshed.shed._baggage import (
    Baggage,
    current_baggage,
    current_criticality,
    set_baggage,
)
from snowshed.shed._breaker import BreakerStatistics, CircuitBreaker, Transition
from snowshed.shed._circuit import BreakerState
from snowshed.shed._criticality import Criticality
from snowshed.shed._degrade import Degradable, DegradableStatistics, degradable
from snowshed.shed._guard import Guard, GuardedCall, Permit, counts_by_default
from snowshed.shed._limits import (
    AIMDLimit,
    FixedLimit,
    Gradient2Limit,
    Limit,
    Sample,
    Tick,
    VegasLimit,
    WindowedLimit,
)
from snowshed.shed._pressure import current_level
from snowshed.shed._retries import Backoff, RetryBudget, RetryStatistics, is_final, mark_final
from snowshed.shed._routes import RoutePolicy
from snowshed.shed._target import Target, Targets, TargetsStatistics, TargetStatistics, target
from snowshed.shed._throttle import AdaptiveThrottle, ThrottleStatistics

__all__ = [
    "AIMDLimit",
    "AdaptiveThrottle",
    "Backoff",
    "Baggage",
    "BreakerState",
    "BreakerStatistics",
    "CircuitBreaker",
    "Criticality",
    "Degradable",
    "DegradableStatistics",
    "FixedLimit",
    "Gradient2Limit",
    "Guard",
    "GuardedCall",
    "Limit",
    "Permit",
    "RetryBudget",
    "RetryStatistics",
    "RoutePolicy",
    "Sample",
    "Target",
    "TargetStatistics",
    "Targets",
    "TargetsStatistics",
    "ThrottleStatistics",
    "Tick",
    "Transition",
    "VegasLimit",
    "WindowedLimit",
    "counts_by_default",
    "current_baggage",
    "current_criticality",
    "current_level",
    "degradable",
    "is_final",
    "mark_final",
    "set_baggage",
    "target",
]
