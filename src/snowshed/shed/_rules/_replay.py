"""Tries rules on readings that were recorded: what would have entered, and when.

Rules are judged by what they would have done last Tuesday. The recording is one JSON object a line,
so that it can be cut, joined and written by anything::

    {"t": 0, "error_rate": 0.2, "p99": 0.4, "breaker": {"db": "open"}, "routes": {"/": {"p99": 1}}}

Names and units are those of the rules: shares of 1, seconds, bytes. A recording has no windows: it
holds what was read at ``t``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from snowshed.shed._rules._condition import suggestion
from snowshed.shed._rules._engine import Readings, State, evaluate
from snowshed.shed._rules._gauges import number_of_state
from snowshed.shed._rules._metric import DEFAULT_WINDOW, KINDS, Metric

if TYPE_CHECKING:
    from snowshed.shed._rules._event import RuleEvent
    from snowshed.shed._rules._model import RuleTree

__all__ = ["Replay"]

WARNINGS = 20
FRAME = {"t", "routes", "cluster"}


class Replay:
    """Judges recorded readings by the rules of a tree.

    Attributes:
        readings: lines that were judged.
        broken: lines that were skipped.
        warnings: what is odd about the recording, one line each; at most 20, then they are only
            counted.
    """

    def __init__(self, tree: RuleTree) -> None:
        self._tree = tree
        self._windows = {rule.when.metric.window for rule in tree.walk()}
        self._state: State = {}
        self._unknown: set[str] = set()
        self.readings = 0
        self.broken = 0
        self.warnings = [
            f"rule {rule.name!r} judges single requests, and a recording has none"
            for rule in tree.walk()
            if rule.scope == "request"
        ]

    def run(self, lines: Iterable[str], *, origin: str = "metrics.jsonl") -> Iterator[RuleEvent]:
        """Yield what changes, in order; ``at`` is the ``t`` of the reading.

        Args:
            lines: of the recording; empty ones do not count.
            origin: its name in warnings.
        """
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                now, readings = self._reading(line, f"{origin}:{number}")
            except (ValueError, TypeError, RecursionError, OverflowError) as error:
                self.broken += 1
                self._warn(f"{origin}:{number}: skipped: {error}")
                continue
            self.readings += 1
            self._state, events = evaluate(self._tree, self._state, readings, now)
            yield from events

    def _reading(self, line: str, where: str) -> tuple[float, Readings]:
        try:
            found = json.loads(line)
        except json.JSONDecodeError as error:
            msg = f"no JSON: {error.msg} at column {error.colno}"
            raise ValueError(msg) from None
        if not isinstance(found, dict):
            msg = f'a reading is an object, as {{"t": 0, "error_rate": 0.2}}, not {line[:40]!r}'
            raise TypeError(msg)
        now = found.get("t")
        if not _is_number(now) or not math.isfinite(now):
            msg = f"'t' must be a finite number of seconds, not {now!r}"
            raise ValueError(msg)
        routes = _object(found.get("routes", {}), "routes")
        cluster = found.get("cluster")
        return float(now), Readings(
            self._values({k: v for k, v in found.items() if k not in FRAME}, where),
            {name: self._values(_object(own, name), where) for name, own in routes.items()},
            None if cluster is None else self._values(_object(cluster, "cluster"), where),
        )

    def _values(self, values: Mapping[str, Any], where: str) -> dict[str, float | None]:
        found: dict[str, float | None] = {}
        for name, value in values.items():
            plain, _, argument = name.rstrip(")").partition("(")
            if plain not in KINDS:
                self._note_unknown(name, where)
            elif isinstance(value, dict):
                for each, inner in value.items():
                    found |= self._keys(plain, each, inner)
            else:
                found |= self._keys(plain, argument.strip("\"'"), value)
        return found

    def _keys(self, name: str, argument: str, value: object) -> dict[str, float | None]:
        number = _number(name, value)
        windows = self._windows | {DEFAULT_WINDOW} if KINDS[name].windowed else {0}
        return {Metric(name, argument, window).key: number for window in windows}

    def _note_unknown(self, name: str, where: str) -> None:
        if name not in self._unknown and len(self._unknown) < WARNINGS:
            self._unknown.add(name)
            self._warn(f"{where}: unknown metric {name!r} is left out{suggestion(name, KINDS)}")

    def _warn(self, text: str) -> None:
        if len(self.warnings) < WARNINGS:
            self.warnings.append(text)


def _number(name: str, value: object) -> float | None:
    if value is None:
        return None
    if KINDS[name].unit == "state" and isinstance(value, str):
        return number_of_state(value)
    if isinstance(value, bool) and KINDS[name].unit == "flag":
        return float(value)
    if _is_number(value):
        return float(value)
    msg = f"{name!r} must be a number, not {value!r}"
    raise ValueError(msg)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _object(value: object, name: str) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    msg = f"{name!r} must be an object of readings, not {value!r}"
    raise TypeError(msg)
