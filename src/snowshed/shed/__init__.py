"""Standing in the flood: what a service does when more comes than it can do.

The names below arrive when they are first used: a request carries its class through every service,
and most of them shed nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.shed._admission import Admission, Admitted
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
    from snowshed.shed._effects import (
        Effect,
        Effects,
        current_effects,
        degraded,
        sampled_out,
        set_effects,
    )
    from snowshed.shed._final import is_final, mark_final
    from snowshed.shed._grant import Grant
    from snowshed.shed._guard import Guard, GuardedCall, Permit, counts_by_default
    from snowshed.shed._limiter import AdaptiveLimiter, LimiterStatistics
    from snowshed.shed._limits import (
        AIMDLimit,
        DeadlineLimit,
        FixedLimit,
        Gradient2Limit,
        Limit,
        OpenRequest,
        Sample,
        Tick,
        VegasLimit,
        WindowedLimit,
    )
    from snowshed.shed._meter import Meter, MeterStatistics, Window
    from snowshed.shed._pressure import current_level
    from snowshed.shed._retries import Backoff, RetryBudget, RetryStatistics
    from snowshed.shed._routes import (
        Route,
        RoutePolicy,
        RouteStatistics,
        RouteTable,
        RouteTableStatistics,
    )
    from snowshed.shed._rules import (
        ClusterLink,
        HookStatistics,
        RuleEvent,
        RuleRunner,
        RulesFile,
        RuleStatistics,
        RuleTree,
        check_rules,
        parse_rules,
        register_breaker,
        register_gauge,
        register_pool,
        rule_hook,
    )
    from snowshed.shed._settings import Settings
    from snowshed.shed._target import (
        Target,
        Targets,
        TargetsStatistics,
        TargetStatistics,
        shared_targets,
        target,
    )
    from snowshed.shed._throttle import AdaptiveThrottle, ThrottleStatistics

__all__ = [
    "AIMDLimit",
    "AdaptiveLimiter",
    "AdaptiveThrottle",
    "Admission",
    "Admitted",
    "Backoff",
    "Baggage",
    "BreakerState",
    "BreakerStatistics",
    "CircuitBreaker",
    "ClusterLink",
    "Criticality",
    "DeadlineLimit",
    "Degradable",
    "DegradableStatistics",
    "Effect",
    "Effects",
    "FixedLimit",
    "Gradient2Limit",
    "Grant",
    "Guard",
    "GuardedCall",
    "HookStatistics",
    "Limit",
    "LimiterStatistics",
    "Meter",
    "MeterStatistics",
    "OpenRequest",
    "Permit",
    "RetryBudget",
    "RetryStatistics",
    "Route",
    "RoutePolicy",
    "RouteStatistics",
    "RouteTable",
    "RouteTableStatistics",
    "RuleEvent",
    "RuleRunner",
    "RuleStatistics",
    "RuleTree",
    "RulesFile",
    "Sample",
    "Settings",
    "Target",
    "TargetStatistics",
    "Targets",
    "TargetsStatistics",
    "ThrottleStatistics",
    "Tick",
    "Transition",
    "VegasLimit",
    "Window",
    "WindowedLimit",
    "check_rules",
    "counts_by_default",
    "current_baggage",
    "current_criticality",
    "current_effects",
    "current_level",
    "degradable",
    "degraded",
    "is_final",
    "mark_final",
    "parse_rules",
    "register_breaker",
    "register_gauge",
    "register_pool",
    "rule_hook",
    "sampled_out",
    "set_baggage",
    "set_effects",
    "shared_targets",
    "target",
]

_HOMES = (
    "_admission",
    "_baggage",
    "_breaker",
    "_circuit",
    "_criticality",
    "_degrade",
    "_effects",
    "_final",
    "_guard",
    "_grant",
    "_limiter",
    "_limits",
    "_meter",
    "_pressure",
    "_retries",
    "_routes",
    "_rules",
    "_settings",
    "_target",
    "_throttle",
)


def __getattr__(name: str) -> object:
    if name not in __all__:
        msg = f"module 'snowshed.shed' has no attribute {name!r}"
        raise AttributeError(msg)
    homes = (import_module(f"snowshed.shed.{home}") for home in _HOMES)
    value: object = next(getattr(home, name) for home in homes if name in home.__all__)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
