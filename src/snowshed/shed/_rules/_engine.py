"""Decides which rules are active: a pure function of the rules, the last state and the readings.

Four things make a rule calm. Its condition has to *hold* for a time, so that one bad second does
nothing. It *clears* at a threshold of its own, so that a value at the edge does not switch it to
and fro. It *dwells*: two changes are some time apart, whatever the readings do. And what is
*missing* changes nothing: a sensor that fails must neither start a degradation nor end one.

Time is a number that may jump. When it goes back, or when readings were away for longer than the
condition had to hold, the holding begins anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from snowshed.shed._effects import NO_EFFECT, Effect, Effects, RequestRule
from snowshed.shed._rules._event import RuleEvent

if TYPE_CHECKING:
    from snowshed.shed._rules._metric import Metric
    from snowshed.shed._rules._model import Rule, RuleTree

__all__ = ["Key", "Readings", "RuleState", "State", "adopt", "effects_of", "evaluate", "withdraw"]

# Readings come about once a second, so a shorter absence is none.
SHORTEST_GAP = 3.0
EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Readings:
    """What was measured at one moment, by `Metric.key`; what is absent, None or NaN is missing.

    Attributes:
        instance: of this process.
        routes: of its routes.
        cluster: of all processes together; None: there is nothing but this one.
    """

    instance: Mapping[str, float | None] = field(default_factory=dict)
    routes: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    cluster: Mapping[str, float | None] | None = None

    def value(self, metric: Metric, scope: str, route: str) -> float | None:
        """Return a reading, or None if it is missing."""
        if scope == "route":
            found = self.routes.get(route, {}).get(metric.key)
        elif scope == "cluster" and self.cluster is not None:
            found = self.cluster.get(metric.key)
        else:
            found = self.instance.get(metric.key)
        return None if found is None or math.isnan(found) else found


class RuleState(NamedTuple):
    """What is remembered of a rule, on one route where it is about routes.

    Attributes:
        active: whether it acts (or, in dry-run, would).
        since: when that changed last; None: never.
        holding: since when the condition holds that would change it; None: it does not.
        seen: when it was last read.
    """

    active: bool = False
    since: float | None = None
    holding: float | None = None
    seen: float = -math.inf


Key: TypeAlias = tuple[str, str]
"""Name of a rule, and the route; the route is empty where the rule is not about routes."""
State: TypeAlias = Mapping[Key, RuleState]
_NEW = RuleState()


def evaluate(
    tree: RuleTree, state: State, readings: Readings, now: float
) -> tuple[dict[Key, RuleState], list[RuleEvent]]:
    """Return which rules are active now, and what has changed.

    Args:
        tree: the rules.
        state: as it was returned for the moment before; empty at first.
        readings: what was measured.
        now: monotonic seconds.
    """
    return _Evaluation(state, readings, now).run(tree)


class _Evaluation:
    """One evaluation; it changes nothing that was given to it."""

    def __init__(self, state: State, readings: Readings, now: float) -> None:
        self._before = state
        self._readings = readings
        self._now = now
        self._after: dict[Key, RuleState] = {}
        self._events: list[RuleEvent] = []
        remembered = (route for _, route in state if route)
        self._known = tuple(dict.fromkeys([*readings.routes, *remembered]))

    def run(self, tree: RuleTree) -> tuple[dict[Key, RuleState], list[RuleEvent]]:
        for rule in tree.rules:
            self._judge(rule, None, parent_active=True)
        return self._after, self._events

    def _judge(self, rule: Rule, route: str | None, *, parent_active: bool) -> None:
        """Judge a rule and those below; ``route`` is given where the parent is about one."""
        if rule.scope == "request":
            return
        for own in self._routes(rule, route):
            active = self._step(rule, own, parent_active=parent_active)
            below = own if rule.scope == "route" else route
            for child in rule.then:
                self._judge(child, below, parent_active=active)

    def _routes(self, rule: Rule, route: str | None) -> Iterable[str]:
        if rule.scope != "route":
            return ("",)
        if route is not None:
            return (route,) if fnmatchcase(route, rule.route) else ()
        if rule.route == "*":
            return self._known
        return [name for name in self._known if fnmatchcase(name, rule.route)]

    def _step(self, rule: Rule, route: str, *, parent_active: bool) -> bool:
        key = (rule.name, route)
        before = self._before.get(key, _NEW)
        if not parent_active:
            after = before._replace(active=False, holding=None)
            if before.active:
                after = after._replace(since=self._now)
                self._note(rule, route, before, None, "the rule above it has left")
        else:
            value = self._readings.value(rule.when.metric, rule.scope, route)
            after = before if value is None else _judged(rule, before, value, self._now)
            if after.active is not before.active:
                self._note(rule, route, before, value, "")
        self._after[key] = after
        return after.active

    def _note(
        self, rule: Rule, route: str, before: RuleState, value: float | None, why: str
    ) -> None:
        condition = rule.clear if before.active else rule.when
        began = before.holding if before.holding is not None else self._now
        self._events.append(
            RuleEvent(
                at=self._now,
                event="leave" if before.active else "enter",
                rule=rule.name,
                scope=rule.scope,
                route=route,
                mode=rule.mode,
                value="" if value is None else rule.when.metric.shown(value),
                condition="" if why else condition.text,
                held=max(self._now - began, 0.0),
                action=rule.action.text,
                hook=rule.action.hook or "",
                why=why,
            )
        )


def _judged(rule: Rule, before: RuleState, value: float, now: float) -> RuleState:
    since, holding = before.since, before.holding
    condition, hold = (rule.clear, rule.clear_hold) if before.active else (rule.when, rule.hold)
    if now < before.seen:  # the clock went back
        holding = None
        since = None if since is None else min(since, now)
    elif now - before.seen > max(hold, SHORTEST_GAP):
        holding = None
    if not condition.holds(value):
        return RuleState(before.active, since, None, now)
    if holding is None:
        holding = now
    rested = since is None or now - since >= rule.min_dwell - EPSILON
    if rested and now - holding >= hold - EPSILON:
        return RuleState(not before.active, now, None, now)
    return RuleState(before.active, since, holding, now)


def adopt(
    old: RuleTree, new: RuleTree, state: State, now: float
) -> tuple[dict[Key, RuleState], list[RuleEvent]]:
    """Return the state for rules that take the place of others, and what leaves with the old ones.

    A rule that keeps its name keeps its state, so that a corrected threshold ends nothing by
    itself. An active one whose mode or hook changes leaves as it was and enters as it is: who was
    told that it acts must hear that it does no more.
    """
    kept: dict[Key, RuleState] = {}
    events: list[RuleEvent] = []
    chains = dict(_chains(new.rules))
    before = {rule.name: rule for rule in old.walk()}
    for (name, route), each in state.items():
        chain, was = chains.get(name, ()), before.get(name)
        if _judged_on(chain, route):
            kept[name, route] = each._replace(holding=None)
        if not each.active or was is None:
            continue
        if (name, route) not in kept:
            why = (
                "it no longer acts on this route" if chain else "the rule is no longer in the file"
            )
            events.append(_told("leave", was, route, now, why))
        elif (was.mode, was.action.hook) != (chain[-1].mode, chain[-1].action.hook):
            why = "its mode or hook has changed in the file"
            events += [
                _told("leave", was, route, now, why),
                _told("enter", chain[-1], route, now, why),
            ]
    return kept, events


def withdraw(tree: RuleTree, state: State, now: float, why: str) -> list[RuleEvent]:
    """Return that each active rule leaves, because all rules end."""
    rules = {rule.name: rule for rule in tree.walk()}
    active = [key for key, each in state.items() if each.active and key[0] in rules]
    return [_told("leave", rules[name], route, now, why) for name, route in active]


def _chains(
    rules: Iterable[Rule], above: tuple[Rule, ...] = ()
) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """Yield the name of each rule, and the rules that lead to it, itself the last."""
    for rule in rules:
        chain = (*above, rule)
        yield rule.name, chain
        yield from _chains(rule.then, chain)


def _judged_on(chain: tuple[Rule, ...], route: str) -> bool:
    if not chain or chain[-1].scope == "request":
        return False
    if chain[-1].scope != "route":
        return not route
    patterns = (rule.route for rule in chain if rule.scope == "route")
    return bool(route) and all(fnmatchcase(route, pattern) for pattern in patterns)


def _told(
    event: Literal["enter", "leave"], rule: Rule, route: str, now: float, why: str
) -> RuleEvent:
    return RuleEvent(
        at=now,
        event=event,
        rule=rule.name,
        scope=rule.scope,
        route=route,
        mode=rule.mode,
        action=rule.action.text,
        hook=rule.action.hook or "",
        why=why,
    )


def effects_of(tree: RuleTree, state: State) -> Effects:
    """Return what requests feel of the active rules; of those in dry-run, nothing."""
    service = NO_EFFECT
    routes: dict[str, Effect] = {}
    active = [(name, route) for (name, route), each in state.items() if each.active]
    rules = {rule.name: rule for rule in tree.walk()}
    for name, route in active:
        rule = rules.get(name)
        if rule is None or rule.mode != "enforce":
            continue
        if route:
            routes[route] = routes.get(route, NO_EFFECT).merged(rule.action.effect)
        else:
            service = service.merged(rule.action.effect)
    return Effects(service, routes=routes, request_rules=list(_request_rules(tree, active)))


def _request_rules(tree: RuleTree, active: Iterable[Key]) -> Iterator[RequestRule]:
    parents = {child.name: rule for rule in tree.walk() for child in rule.then}
    on: dict[str, set[str]] = {}
    for name, route in active:
        on.setdefault(name, set()).add(route)
    for rule in tree.walk():
        parent = parents.get(rule.name)
        if rule.scope != "request" or (parent is not None and parent.name not in on):
            continue
        by_route = parent is not None and parent.scope == "route"
        metric: Literal["peak_tasks", "spawned_tasks"] = (
            "peak_tasks" if rule.when.metric.name == "peak_tasks" else "spawned_tasks"
        )
        strict = rule.when.operator == ">"
        yield RequestRule(
            rule.name,
            metric=metric,
            above=rule.when.threshold if strict else math.ceil(rule.when.threshold) - 1,
            effect=rule.action.effect,
            enforced=rule.mode == "enforce",
            routes=frozenset(on[parent.name]) if parent is not None and by_route else None,
        )
