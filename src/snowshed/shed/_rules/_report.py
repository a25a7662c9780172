"""The rules as a debug endpoint shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.shed._effects import Effect, Effects
    from snowshed.shed._rules._engine import Readings, State
    from snowshed.shed._rules._model import Rule, RuleTree

__all__ = ["report"]


def report(
    tree: RuleTree, state: State, readings: Readings, effects: Effects, now: float
) -> dict[str, object]:
    """Return the rules, what they read and what they do now, as JSON knows it."""
    return {
        "origin": tree.origin,
        "features": {group: sorted(names) for group, names in tree.features.items()},
        "rules": [_rule(rule, state, readings, effects, now) for rule in tree.rules],
        "effect": _effect(effects.service),
    }


def _rule(
    rule: Rule, state: State, readings: Readings, effects: Effects, now: float
) -> dict[str, object]:
    found: dict[str, object] = {
        "name": rule.name,
        "when": rule.when.text,
        "clear_when": rule.clear.text,
        "for": rule.hold,
        "clear_for": rule.clear_hold,
        "min_dwell": rule.min_dwell,
        "scope": rule.scope,
        "mode": rule.mode,
        "action": rule.action.text,
        **_standing(rule, state, readings, effects, now),
    }
    if rule.then:
        found["then"] = [_rule(child, state, readings, effects, now) for child in rule.then]
    return found


def _standing(
    rule: Rule, state: State, readings: Readings, effects: Effects, now: float
) -> dict[str, object]:
    own = {route: each for (name, route), each in state.items() if name == rule.name}
    if rule.scope == "request":
        hits = [each.hits for each in effects.request_rules if each.name == rule.name]
        return {"active": bool(hits), "hits": sum(hits)}
    if rule.scope == "route":
        routes = sorted(route for route, each in own.items() if each.active)
        return {"active": bool(routes), "route": rule.route, "routes": routes}
    value = readings.value(rule.when.metric, rule.scope, "")
    one = own.get("")
    changed = None if one is None or one.since is None else round(now - one.since, 3)
    return {
        "active": one is not None and one.active,
        "changed_seconds_ago": changed,
        "value": None if value is None else rule.when.metric.shown(value),
    }


def _effect(effect: Effect) -> dict[str, object]:
    return {
        "degraded": sorted(effect.degraded),
        "sample": effect.sample,
        "timeout": effect.timeout,
        "refuse_below": None if effect.refuse_below is None else effect.refuse_below.name,
    }
