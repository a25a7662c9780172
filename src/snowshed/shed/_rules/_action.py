"""Reads ``{ degrade = ["non-core"], sample = 10 }``: what a rule does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from snowshed.shed._criticality import Criticality
from snowshed.shed._effects import Effect
from snowshed.shed._rules._condition import parse_duration, suggestion
from snowshed.shed._rules._model import Action

if TYPE_CHECKING:
    from snowshed.shed._rules._source import Entry

__all__ = ["action_of"]

# What is refused, and the lowest class that is still served.
REFUSABLE = {
    "sheddable": Criticality.SHEDDABLE_PLUS,
    "sheddable-plus": Criticality.CRITICAL,
    "critical": Criticality.CRITICAL_PLUS,
}


def action_of(
    entry: Entry, features: Mapping[str, frozenset[str]], note: Callable[[str, str], object]
) -> Action:
    """Return the action that ``entry`` says; mistakes are told to ``note(where, what)``."""
    if not isinstance(entry.value, dict) or not entry.value:
        note(entry.place.of_value(), f"{entry.value!r}: an action is a table, as {{ sample = 10 }}")
        return Action(Effect(), None, "")
    found: dict[str, Any] = {}
    for key, value in entry.children():
        read = _READERS.get(key)
        if read is None:
            known = f"{suggestion(key, _READERS)}; known are {', '.join(_READERS)}"
            note(value.place.of_key, f"unknown action {key!r}{known}")
            continue
        try:
            found[key] = read(value.value)
        except ValueError as error:
            note(value.place.of_value(), str(error))
    effect = Effect(
        degraded=_expanded(found.get("degrade", ()), features),
        sample=found.get("sample", 1),
        timeout=found.get("timeout"),
        refuse_below=found.get("refuse"),
    )
    return Action(effect, found.get("hook"), _text(entry.value))


def _expanded(names: tuple[str, ...], groups: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset(names).union(*(groups.get(name, ()) for name in names))


def _degrade(value: object) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and names and all(isinstance(n, str) and n for n in names):
        return tuple(names)
    msg = f'{value!r}: name features or groups of them, as ["non-core"]'
    raise ValueError(msg)


def _sample(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    msg = f"{value!r}: one request in so many is served: use a whole number from 1 up"
    raise ValueError(msg)


def _timeout(value: object) -> float:
    seconds = parse_duration(str(value))
    if seconds > 0:
        return seconds
    msg = f"{value!r}: a timeout is longer than nothing"
    raise ValueError(msg)


def _refuse(value: object) -> Criticality:
    if isinstance(value, str) and value in REFUSABLE:
        return REFUSABLE[value]
    never = " (the highest class is never refused)" if value == "critical-plus" else ""
    near = never if never else suggestion(str(value), REFUSABLE)
    msg = f"{value!r} is not accepted{near}: use {', '.join(map(repr, REFUSABLE))}"
    raise ValueError(msg)


def _hook(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    msg = f"{value!r}: use the name that the function has in @rule_hook"
    raise ValueError(msg)


_READERS: dict[str, Callable[[object], Any]] = {
    "degrade": _degrade,
    "sample": _sample,
    "timeout": _timeout,
    "refuse": _refuse,
    "hook": _hook,
}


def _text(table: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {_shown(value)}" for key, value in table.items())


def _shown(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)
