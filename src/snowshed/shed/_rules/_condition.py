"""Reads ``error_rate > 15%``: a metric, a comparison, a threshold with its unit."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import cast

from snowshed.shed._rules._metric import BREAKER_STATES, DEFAULT_WINDOW, KINDS, Metric, MetricKind
from snowshed.shed._rules._model import Condition, Operator

__all__ = ["ConditionError", "default_clear", "parse_condition", "parse_duration", "suggestion"]

_METRIC = re.compile(
    r"\s*(?P<name>\w+)\s*(?:\(\s*(?P<argument>\"[^\"]*\"|'[^']*'|[\w./:-]*)\s*\))?\s*"
)
_OPERATOR = re.compile(r"(>=|<=|==|!=|=|>|<|is not\b|is\b)\s*")
_NUMBER = re.compile(r"(?P<number>-?[0-9][0-9_]*(?:\.[0-9]+)?)\s*(?P<unit>[A-Za-z%/]*)\s*$")
_JOINED = re.compile(r"\b(and|or)\b|&&|\|\|")
TIMES = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
SIZES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}
PERCENT = {"%": 0.01}
PLAIN = {"": 1.0}
UNITS: dict[str, Mapping[str, float]] = {
    "share": PERCENT | PLAIN,
    "time": TIMES,
    "bytes": SIZES | PERCENT,
    "count": {"": 1.0, "/s": 1.0},
    "any": PLAIN | PERCENT | TIMES | SIZES,
}
MARGIN = 0.2


class ConditionError(ValueError):
    """A condition that cannot be read.

    Attributes:
        at: characters of the text before the mistake.
    """

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def suggestion(word: str, known: Collection[str]) -> str:
    """Return what ``word`` was probably meant to be, in brackets; or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes pay for it

    close = get_close_matches(word.lower(), known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def parse_duration(text: str) -> float:
    """Return the seconds that ``text`` says, as ``60s`` or ``200ms``.

    Raises:
        ValueError: it has no unit, an unknown one, or is no number.
    """
    match = _NUMBER.match(text.strip())
    if match is None:
        msg = f"{text!r} is no duration: write a number and a unit, as '60s' (us, ms, s, m, h)"
        raise ValueError(msg)
    return _scaled(match, TIMES)


def parse_condition(text: str, *, window: int | None = None) -> Condition:
    """Return the condition that ``text`` says.

    Args:
        text: as ``p99 > 800ms``, ``breaker("db") is open``, ``pool_exhausted``.
        window: seconds that a rate is taken over; None: 10.

    Raises:
        ConditionError: what is wrong, where in the text, and what is accepted.
    """
    metric, kind, at = _metric(text, window)
    if kind.unit in {"flag", "state"}:
        return _stated(text, metric, kind, at)
    operator = _OPERATOR.match(text, at)
    if operator is None or operator.group(1) not in {">", ">=", "<", "<="}:
        msg = (
            f"{metric.text} is compared by >, >=, < or <=, as in '{metric.text} > {_sample(kind)}'"
        )
        raise ConditionError(msg, at)
    threshold, unit = _threshold(text, operator.end(), kind)
    if metric.name == "memory" and unit == "%":
        metric = Metric("memory_share")
    return Condition(metric, cast(Operator, operator.group(1)), threshold, _spaced(text))


def default_clear(when: Condition) -> Condition:
    """Return the condition that clears a rule which names none: the opposite, by a margin of 20 %.

    Without a margin a value that hovers at the threshold would switch the rule at each reading.
    """
    metric = when.metric
    if when.operator in {"is", "is not"}:
        opposite: Operator = "is not" if when.operator == "is" else "is"
        return Condition(metric, opposite, when.threshold, f"not {when.text}")
    rising = when.operator in {">", ">="}
    margin = abs(when.threshold) * MARGIN
    threshold = when.threshold + (-margin if rising else margin)
    # At a threshold of 0 there is no room for a margin, and '< 0' would never come.
    operator: Operator = ("<" if rising else ">") if margin else ("<=" if rising else ">=")
    return Condition(
        metric, operator, threshold, f"{metric.text} {operator} {metric.shown(threshold)}"
    )


def _metric(text: str, window: int | None) -> tuple[Metric, MetricKind, int]:
    match = _METRIC.match(text)
    if match is None:
        raise ConditionError("a condition begins with a metric, as in 'error_rate > 15%'", 0)
    joined = _JOINED.search(text, match.end())
    if joined is not None:
        msg = "one comparison to a rule: put the second one into a rule of [[rules.then]] below it"
        raise ConditionError(msg, joined.start())
    name = match["name"]
    kind = KINDS.get(name)
    if kind is None:
        known = ", ".join(sorted(KINDS))
        msg = f"unknown metric {name!r}{suggestion(name, KINDS)}; known are {known}"
        raise ConditionError(msg, match.start("name"))
    argument = (match["argument"] or "").strip("\"'")
    _check_argument(name, kind, argument, match)
    if window is not None and not kind.windowed:
        msg = f"{name} is of now and has no window: remove the key 'window'"
        raise ConditionError(msg, match.start("name"))
    seconds = (window or DEFAULT_WINDOW) if kind.windowed else 0
    return Metric(name, argument, seconds), kind, match.end()


def _check_argument(name: str, kind: MetricKind, argument: str, match: re.Match[str]) -> None:
    if kind.argument == "required" and not argument:
        raise ConditionError(f'{name} needs a name, as in {name}("db")', match.end("name"))
    if kind.argument == "none" and match["argument"] is not None:
        raise ConditionError(f"{name} is only one: remove the brackets", match.end("name"))


def _stated(text: str, metric: Metric, kind: MetricKind, at: int) -> Condition:
    rest = text[at:].strip()
    if kind.unit == "flag":
        if rest:
            raise ConditionError(f"{metric.text} is true or not: nothing may follow it", at)
        return Condition(metric, "is", 1.0, _spaced(text))
    operator = _OPERATOR.match(text, at)
    if operator is None or operator.group(1) not in {"is", "is not"}:
        msg = f"the state of a breaker is written '{metric.text} is open' (or 'is not')"
        raise ConditionError(msg, at)
    state = text[operator.end() :].strip().replace("-", "_")
    if state not in BREAKER_STATES:
        known = ", ".join(BREAKER_STATES)
        msg = f"unknown state {state!r}{suggestion(state, BREAKER_STATES)}; known are {known}"
        raise ConditionError(msg, operator.end())
    return Condition(
        metric, cast(Operator, operator.group(1)), BREAKER_STATES[state], _spaced(text)
    )


def _threshold(text: str, at: int, kind: MetricKind) -> tuple[float, str]:
    match = _NUMBER.match(text, at)
    if match is None:
        msg = f"{text[at:].strip()!r} is no threshold: write a number, as {_sample(kind)!r}"
        raise ConditionError(msg, at)
    try:
        value = _scaled(match, UNITS[kind.unit])
    except ValueError as error:
        raise ConditionError(str(error), at) from None
    if value < 0 and kind.unit != "any":
        raise ConditionError(f"{match['number']}: it is never below 0", at)
    if kind.unit == "share" and not match["unit"] and value > 1:
        msg = f"{match['number']} without a unit is a share of 1: write {match['number']}%"
        raise ConditionError(msg, at)
    return value, match["unit"]


def _scaled(match: re.Match[str], units: Mapping[str, float]) -> float:
    number, unit = float(match["number"]), match["unit"]
    if unit not in units:
        accepted = ", ".join(repr(name) if name else "none" for name in units)
        said = f"unknown unit {unit!r}" if unit else f"{match['number']} has no unit"
        msg = f"{said}; accepted are {accepted}"
        raise ValueError(msg)
    value = number * units[unit]
    if not math.isfinite(value):
        msg = f"{match['number']} is too large"
        raise ValueError(msg)
    return value


def _sample(kind: MetricKind) -> str:
    return {"share": "15%", "time": "800ms", "bytes": "80%"}.get(kind.unit, "100")


def _spaced(text: str) -> str:
    return " ".join(text.split())
