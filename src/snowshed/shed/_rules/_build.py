"""From the entries of a rule to a `Rule`; each value is checked, and then all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn, TypeVar

from snowshed.errors import ConfigError
from snowshed.shed._effects import Effect
from snowshed.shed._rules._action import action_of
from snowshed.shed._rules._condition import (
    ConditionError,
    default_clear,
    parse_condition,
    parse_duration,
    suggestion,
)
from snowshed.shed._rules._metric import KINDS
from snowshed.shed._rules._model import SCOPES, Action, Condition, Mode, Rule, Scope

if TYPE_CHECKING:
    from snowshed.shed._rules._source import Entry, RawRule

__all__ = ["Builder"]

T = TypeVar("T")
MODES: tuple[Mode, ...] = ("dry-run", "enforce")
RULE_KEYS = (
    "name",
    "when",
    "window",
    "for",
    "clear_when",
    "clear_for",
    "min_dwell",
    "scope",
    "route",
    "mode",
    "action",
    "then",
    "enabled",
)
HOLD = 10.0
DWELL = 30.0
LONGEST_NAME = 100
RISING = {">", ">="}
INCLUSIVE = {">=", "<="}


class _Skip(Exception):  # noqa: N818 - no error: the problem is noted, the rule is left out
    """The rest of a rule makes no sense any more."""


class Builder:
    """Makes rules of raw ones, and notes what is wrong with them.

    Args:
        features: names of features by group, for ``degrade``.
        mode: the mode of rules that say none.
        problems: where mistakes are noted.
    """

    def __init__(
        self,
        features: Mapping[str, frozenset[str]],
        mode: Entry | None,
        problems: list[ConfigError],
    ) -> None:
        self._features = features
        self._problems = problems
        self._names: dict[str, str] = {}
        self._mode: Mode = "dry-run" if mode is None else self._choice(mode, MODES, "dry-run")

    def all(self, raws: list[RawRule], parent: Rule | None = None) -> tuple[Rule, ...]:
        """Return the rules that can be understood and are not switched off."""
        found = (self._one(raw, parent) for raw in raws if self._enabled(raw))
        return tuple(rule for rule in found if rule is not None)

    def _enabled(self, raw: RawRule) -> bool:
        entry = raw.entries.get("enabled")
        if entry is None or isinstance(entry.value, bool):
            return entry is None or bool(entry.value)
        self._note(entry.place.of_value(), f"{entry.value!r}: use true or false")
        return False

    def _one(self, raw: RawRule, parent: Rule | None) -> Rule | None:
        for key in raw.entries.keys() - set(RULE_KEYS):
            known = f"{suggestion(key, RULE_KEYS)}; known are {', '.join(RULE_KEYS)}"
            self._note(raw.entries[key].place.of_key, f"unknown key {key!r} of a rule{known}")
        try:
            name = self._name(raw)
            rule = self._rule(name, raw, parent)
        except _Skip:
            return None
        children = self.all(raw.then, rule)
        return replace(rule, then=children)

    def _rule(self, name: str, raw: RawRule, parent: Rule | None) -> Rule:
        when, clear = self._conditions(name, raw)
        scope = self._scope(name, raw, when, parent)
        hold = self._duration(raw, "for", HOLD if scope != "request" else 0.0)
        rule = Rule(
            name=name,
            when=when,
            clear=clear,
            hold=hold,
            clear_hold=self._duration(raw, "clear_for", hold),
            min_dwell=self._duration(raw, "min_dwell", DWELL if scope != "request" else 0.0),
            scope=scope,
            route=self._route(raw, scope),
            mode=self._rule_mode(raw, parent),
            action=self._action(raw),
        )
        self._check_request(rule, raw)
        return rule

    def _name(self, raw: RawRule) -> str:
        entry = self._required(raw, "name", "a rule needs a name, which its log lines begin with")
        name = entry.value
        if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
            self._fail(
                entry.place.of_value(), f"{name!r}: a name has 1 to {LONGEST_NAME} characters"
            )
        if name in self._names:
            taken = f"the name {name!r} is taken by the rule at {self._names[name]}"
            self._fail(entry.place.of_value(), taken)
        self._names[name] = entry.place.of_value()
        return str(name)

    def _conditions(self, name: str, raw: RawRule) -> tuple[Condition, Condition]:
        entry = self._required(raw, "when", f'the rule {name!r} needs a condition: when = "..."')
        window = self._window(raw)
        when = self._condition(entry, window)
        if when.metric.name == "error_rate" and when.operator in RISING and when.threshold >= 1:
            self._fail(entry.place.of_value(), f"{when.text}: it never has more than 100%")
        clear_entry = raw.entries.get("clear_when")
        if clear_entry is None:
            return when, default_clear(when)
        clear = self._condition(clear_entry, window)
        wrong = _contradiction(when, clear)
        if wrong:
            self._note(clear_entry.place.of_value(), wrong)
        return when, clear

    def _condition(self, entry: Entry, window: int | None) -> Condition:
        if not isinstance(entry.value, str):
            self._fail(
                entry.place.of_value(), f"{entry.value!r}: write text, as 'error_rate > 15%'"
            )
        try:
            return parse_condition(entry.value, window=window)
        except ConditionError as error:
            self._fail(entry.place.of_value(error.at), str(error))

    def _window(self, raw: RawRule) -> int | None:
        if "window" not in raw.entries:
            return None
        seconds = self._duration(raw, "window", 10.0)
        if seconds not in range(1, 61):
            self._note(raw.entries["window"].place.of_value(), "a window has 1s to 60s, whole ones")
        return int(seconds)

    def _scope(self, name: str, raw: RawRule, when: Condition, parent: Rule | None) -> Scope:
        possible = KINDS[when.metric.name].scopes
        entry = raw.entries.get("scope")
        if entry is not None:
            scope = self._choice(entry, SCOPES, "instance")
        elif "route" in raw.entries:
            scope = "route"
        else:
            around = parent.scope if parent is not None else "instance"
            scope = around if around in possible else possible[-1]
            scope = "instance" if parent is None and "instance" in possible else scope
        where = entry.place.of_value() if entry is not None else raw.place.of_key
        if scope not in possible:
            exists = " or ".join(possible)
            self._fail(where, f"{when.metric.text} is not measured per {scope}, but per {exists}")
        if parent is not None and SCOPES.index(scope) > SCOPES.index(parent.scope):
            self._fail(
                where,
                f"the rule {name!r} is per {scope} and stands below {parent.name!r}, which is "
                f"only per {parent.scope}: what is below must not be wider",
            )
        return scope

    def _route(self, raw: RawRule, scope: Scope) -> str:
        entry = raw.entries.get("route")
        if entry is None:
            return "*"
        if scope != "route":
            self._fail(entry.place.of_key, f"'route' needs scope = \"route\", not {scope!r}")
        if not isinstance(entry.value, str) or not entry.value:
            self._fail(entry.place.of_value(), f"{entry.value!r}: use a pattern, as '/api/*'")
        return str(entry.value)

    def _rule_mode(self, raw: RawRule, parent: Rule | None) -> Mode:
        entry = raw.entries.get("mode")
        if entry is None:
            return self._mode if parent is None else parent.mode
        mode = self._choice(entry, MODES, "dry-run")
        if parent is not None and mode == "enforce" and parent.mode == "dry-run":
            self._note(
                entry.place.of_value(),
                f"it cannot be enforced below {parent.name!r}, which is in dry-run: enforce both",
            )
        return mode

    def _action(self, raw: RawRule) -> Action:
        entry = raw.entries.get("action")
        if entry is None:
            if not raw.then:
                self._fail(raw.place.of_key, "a rule needs an action, or rules below it (then)")
            return Action(Effect(), None, "nothing by itself")
        return action_of(entry, self._features, self._note)

    def _check_request(self, rule: Rule, raw: RawRule) -> None:
        if rule.scope != "request":
            return
        for key in ("for", "clear_when", "clear_for", "min_dwell"):
            if key in raw.entries:
                what = f"{key!r} means nothing for a single request, which is judged at once"
                self._note(raw.entries[key].place.of_key, what)
        effect, place = rule.action.effect, raw.entries.get("action")
        late = effect.sample > 1 or effect.refuse_below is not None or rule.action.hook is not None
        if late and place is not None:
            what = "a request that runs can only be degraded or given a timeout"
            self._note(place.place.of_value(), what)
        if raw.then:
            self._note(raw.then[0].place.of_key, "a rule for single requests has no rules below it")
        if rule.when.operator not in RISING:
            self._note(raw.entries["when"].place.of_value(), "a request's tasks only grow: use >")

    def _required(self, raw: RawRule, key: str, what: str) -> Entry:
        entry = raw.entries.get(key)
        if entry is None:
            self._fail(raw.place.of_key, what)
        return entry

    def _duration(self, raw: RawRule, key: str, default: float) -> float:
        entry = raw.entries.get(key)
        if entry is None:
            return default
        try:
            seconds = parse_duration(str(entry.value))
        except ValueError as error:
            self._note(entry.place.of_value(), str(error))
            return default
        if seconds < 0:
            self._note(entry.place.of_value(), f"{entry.value!r}: a duration is 0s or more")
        return seconds

    def _choice(self, entry: Entry, accepted: tuple[T, ...], default: T) -> T:
        if entry.value in accepted:
            return accepted[accepted.index(entry.value)]
        near = suggestion(str(entry.value), [str(each) for each in accepted])
        known = ", ".join(repr(each) for each in accepted)
        self._note(entry.place.of_value(), f"{entry.value!r} is not accepted{near}: use {known}")
        return default

    def _note(self, where: str, what: str) -> None:
        self._problems.append(ConfigError(where, what))

    def _fail(self, where: str, what: str) -> NoReturn:
        self._note(where, what)
        raise _Skip


def _contradiction(when: Condition, clear: Condition) -> str:
    if when.metric != clear.metric:
        return (
            f"it judges {clear.metric.key}, but 'when' judges {when.metric.key}: "
            "a rule clears by what it was entered by"
        )
    if when.operator in {"is", "is not"}:
        return f"leave it out: {when.text} clears by its opposite"
    rising = when.operator in RISING
    if (clear.operator in RISING) is rising:
        return f"it looks the same way as when = {when.text!r}: use {'<' if rising else '>'}"
    crossed = clear.threshold > when.threshold if rising else clear.threshold < when.threshold
    both = clear.threshold == when.threshold and {when.operator, clear.operator} <= INCLUSIVE
    if crossed or both:
        return (
            f"{clear.text} and {when.text} can hold at once: "
            f"clear at a {'lower' if rising else 'higher'} threshold"
        )
    return ""
