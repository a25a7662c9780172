"""What rules can judge: the names, their units, and on which scopes each exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from snowshed.shed._rules._model import Scope

__all__ = ["BREAKER_STATES", "DEFAULT_WINDOW", "KINDS", "Metric", "MetricKind"]

Unit: TypeAlias = Literal["share", "time", "bytes", "count", "flag", "state", "any"]
BREAKER_STATES = {"closed": 0.0, "half_open": 1.0, "open": 2.0}
DEFAULT_WINDOW = 10


@dataclass(frozen=True, slots=True)
class MetricKind:
    """A metric that rules know.

    Attributes:
        unit: what a threshold is written in.
        scopes: where it exists.
        argument: whether it is asked for by a name, as in ``gauge("queue")``.
        windowed: whether it is taken over the last few seconds.
    """

    unit: Unit
    scopes: tuple[Scope, ...] = ("instance",)
    argument: Literal["none", "optional", "required"] = "none"
    windowed: bool = False


_COUNTED: tuple[Scope, ...] = ("route", "instance", "cluster")
KINDS: dict[str, MetricKind] = {
    "error_rate": MetricKind("share", _COUNTED, windowed=True),
    "p99": MetricKind("time", _COUNTED, windowed=True),
    "qps": MetricKind("count", _COUNTED, windowed=True),
    "pressure": MetricKind("share"),
    "loop_lag": MetricKind("time"),
    "process_cpu": MetricKind("share"),
    "cgroup_cpu": MetricKind("share"),
    "memory": MetricKind("bytes"),
    "memory_share": MetricKind("share"),
    "pool_exhausted": MetricKind("flag", argument="optional"),
    "breaker": MetricKind("state", argument="required"),
    "gauge": MetricKind("any", argument="required"),
    "peak_tasks": MetricKind("count", ("request",)),
    "spawned_tasks": MetricKind("count", ("request",)),
}


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing that is measured.

    Attributes:
        name: one of `KINDS`.
        argument: which pool, breaker or gauge; empty: any, or there is only one.
        window: seconds that it is taken over; 0: it is of now.
        key: the name of its reading: the text, with the window where that is an unusual one.
    """

    name: str
    argument: str = ""
    window: int = 0
    key: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Name its reading once: it is asked for at each evaluation of each route."""
        usual = self.window in {0, DEFAULT_WINDOW}
        key = self.text if usual else f"{self.text}[{self.window}s]"
        object.__setattr__(self, "key", key)

    @property
    def text(self) -> str:
        """The metric as rules write it."""
        return f'{self.name}("{self.argument}")' if self.argument else self.name

    def shown(self, value: float) -> str:
        """Return ``value`` in the unit of the metric."""
        match KINDS[self.name].unit:
            case "share":
                return f"{value:.1%}"
            case "time":
                return f"{value * 1000:.3g}ms" if value < 1 else f"{value:.3g}s"
            case "bytes":
                return f"{value / 1e6:.4g}MB"
            case "flag":
                return "yes" if value else "no"
            case "state":
                return next((n for n, v in BREAKER_STATES.items() if v == value), f"{value:g}")
            case _:
                return f"{value:g}"
