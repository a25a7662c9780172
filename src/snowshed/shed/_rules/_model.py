"""What a rule is: plain data that the parser makes and the engine reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from snowshed.shed._effects import Effect
    from snowshed.shed._rules._metric import Metric

__all__ = ["SCOPES", "Action", "Condition", "Mode", "Operator", "Rule", "RuleTree", "Scope"]

Scope: TypeAlias = Literal["request", "route", "instance", "cluster"]
SCOPES: tuple[Scope, ...] = ("request", "route", "instance", "cluster")
"""From the narrowest to the widest."""
Mode: TypeAlias = Literal["dry-run", "enforce"]
Operator: TypeAlias = Literal[">", ">=", "<", "<=", "is", "is not"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A metric compared with a threshold.

    Attributes:
        metric: what is judged.
        operator: how.
        threshold: with what, in the unit of the metric: seconds, bytes, a share, a state's number.
        text: the comparison as it was written.
    """

    metric: Metric
    operator: Operator
    threshold: float
    text: str

    def holds(self, value: float) -> bool:
        """Return whether ``value`` meets the condition."""
        match self.operator:
            case ">":
                return value > self.threshold
            case ">=":
                return value >= self.threshold
            case "<":
                return value < self.threshold
            case "<=":
                return value <= self.threshold
            case "is":
                return value == self.threshold
            case _:
                return value != self.threshold

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does while it is active.

    Attributes:
        effect: what requests get to feel.
        hook: name of the function that is called when the rule enters and leaves; None: of none.
        text: the action as messages show it.
    """

    effect: Effect
    hook: str | None
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition, how long it has to hold, and what then happens.

    Attributes:
        name: of its own in the whole tree.
        when: becomes active when this has held for ``hold`` seconds.
        clear: becomes inactive when this has held for ``clear_hold`` seconds.
        hold: seconds.
        clear_hold: seconds.
        min_dwell: seconds between two changes of the rule.
        scope: what is measured, and on what it acts.
        route: pattern of the routes, where the scope is ``route``.
        mode: ``dry-run`` only says what it would do.
        action: what it does.
        then: rules that are judged only while this one is active.
    """

    name: str
    when: Condition
    clear: Condition
    hold: float
    clear_hold: float
    min_dwell: float
    scope: Scope
    route: str
    mode: Mode
    action: Action
    then: tuple[Rule, ...] = ()

    def walk(self) -> Iterator[Rule]:
        """Yield this rule and all below it, parents first."""
        yield self
        for child in self.then:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class RuleTree:
    """All rules of a file, as they were understood.

    ``origin`` says where they come from, ``rules`` are those at the top, ``features`` the names of
    features by the name of their group.
    """

    origin: str = "no rules"
    rules: tuple[Rule, ...] = ()
    features: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def walk(self) -> Iterator[Rule]:
        """Yield each rule, parents first."""
        for rule in self.rules:
            yield from rule.walk()

    def metrics(self, scope: Scope) -> frozenset[Metric]:
        """Return the metrics that rules of ``scope`` judge."""
        return frozenset(rule.when.metric for rule in self.walk() if rule.scope == scope)
