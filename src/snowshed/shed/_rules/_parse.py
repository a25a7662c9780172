"""From the text of a rules file to rules; every mistake with its line, and what would be right.

Rules are written at three in the morning and read by a process that cannot ask back. So nothing is
guessed: what is not understood is refused, all of it at once, and the file that was good before
stays in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from snowshed.errors import ConfigError
from snowshed.shed._rules._build import Builder
from snowshed.shed._rules._condition import suggestion
from snowshed.shed._rules._model import RuleTree
from snowshed.shed._rules._source import (
    Document,
    Entry,
    Place,
    RawRule,
    read_document,
    standard,
)
from snowshed.shed._settings import Settings

if TYPE_CHECKING:
    from snowshed.shed._rules._positions import Path

__all__ = ["check_rules", "parse_rules"]

SECTION = "shed"
DOCUMENT_KEYS = ("mode", "use", "features", "rules", "overrides")


def parse_rules(text: str, *, origin: str = "rules.toml", root: Path = ()) -> RuleTree:
    """Return the rules that ``text`` holds.

    Args:
        text: a TOML document.
        origin: its name in messages.
        root: the table of the document that holds the rules, as ``("tool", "snowshed", "shed")``.
            Other keys of a section ``shed`` are its settings; of another table, its own.

    Raises:
        ConfigError: the first mistake; `check_rules` tells all.
    """
    tree, problems = check_rules(text, origin=origin, root=root)
    if tree is None:
        raise problems[0]
    return tree


def check_rules(
    text: str, *, origin: str = "rules.toml", root: Path = ()
) -> tuple[RuleTree | None, tuple[ConfigError, ...]]:
    """Return the rules of ``text`` and no mistakes, or None and all mistakes in order.

    Arguments are those of `parse_rules`.
    """
    try:
        document = read_document(text, origin)
    except ConfigError as error:
        return None, (error,)
    reader = _Reader(document, root)
    tree = reader.read()
    problems = sorted(reader.problems, key=_line_and_column)
    return (None, tuple(problems)) if problems else (tree, ())


def _line_and_column(problem: ConfigError) -> tuple[int, ...]:
    return tuple(int(part) for part in problem.where.split(":")[-2:] if part.isdecimal())


class _Reader:
    """Collects what a document says: standard rules, own rules, overrides, features."""

    def __init__(self, document: Document, root: Path) -> None:
        self._document = document
        self._root = Entry(document.content, Place(document, ()))
        self._shared = bool(root)
        self._known = _known(root)
        self.problems: list[ConfigError] = []
        for key in root:
            value = self._root.value.get(key, {})
            self._root = Entry(
                value if isinstance(value, dict) else {}, self._root.place.child(key)
            )

    def read(self) -> RuleTree:
        top = dict(self._root.children())
        for key in top.keys() - set(self._known or top):
            accepted = f"{suggestion(key, self._known)}; known are {', '.join(self._known)}"
            self._problem(top[key].place.of_key, f"unknown key {key!r}{accepted}")
        features: dict[str, frozenset[str]] = {}
        rules: list[RawRule] = []
        if "use" in top:
            self._use(top["use"], features, rules)
        features |= self._features(top.get("features"))
        if "rules" in top:
            rules += self._rules(top["rules"])
        if "overrides" in top:
            self._override(top["overrides"], rules)
        mode = None if self._shared else top.get("mode")
        builder = Builder(features, mode, self.problems)
        return RuleTree(self._document.origin, builder.all(rules), features)

    def _use(self, entry: Entry, features: dict[str, frozenset[str]], rules: list[RawRule]) -> None:
        if entry.value != "standard":
            self._problem(entry.place.of_value(), f"{entry.value!r}: only 'standard' can be used")
            return
        base = dict(Entry(standard().content, Place(standard(), ())).children())
        features |= self._features(base["features"])
        rules += self._rules(base["rules"])

    def _features(self, entry: Entry | None) -> dict[str, frozenset[str]]:
        found = {}
        for group, names in self._table(entry, "[features]").items():
            if isinstance(names.value, list) and all(isinstance(n, str) for n in names.value):
                found[group] = frozenset(names.value)
            else:
                sample = '["recommendations", "reviews"]'
                self._problem(names.place.of_value(), f"a group is a list of names, as {sample}")
        return found

    def _rules(self, entry: Entry) -> list[RawRule]:
        if not isinstance(entry.value, list):
            other = isinstance(entry.value, str) and self._shared
            what = f"the rules are in {entry.value!r}: look there" if other else "use [[rules]]"
            self._problem(entry.place.of_key, f"no rules: {what}")
            return []
        found = []
        for index, table in enumerate(entry.value):
            place = entry.place.child(index)
            if not isinstance(table, dict):
                self._problem(place.of_value(), f"{table!r} is no rule: write a table")
                continue
            entries = dict(Entry(table, place).children())
            then = entries.pop("then", None)
            found.append(RawRule(place, entries, self._rules(then) if then else []))
        return found

    def _override(self, entry: Entry, rules: list[RawRule]) -> None:
        by_name = {raw.name: raw for rule in rules for raw in rule.walk() if _is_text(raw.name)}
        for name, override in self._table(entry, "[overrides]").items():
            raw = by_name.get(name)
            if raw is None:
                near = suggestion(name, [str(each) for each in by_name])
                self._problem(override.place.of_key, f"no rule has the name {name!r}{near}")
                continue
            own = self._table(override, f"[overrides.{name!r}]")
            for key in own.keys() & {"name", "then"}:
                self._problem(own[key].place.of_key, f"{key!r} cannot be overridden")
            if "when" in own:
                # What cleared the old condition says nothing about the new one.
                raw.entries.pop("clear_when", None)
            raw.entries |= own

    def _table(self, entry: Entry | None, what: str) -> Mapping[str, Entry]:
        if entry is None:
            return {}
        if isinstance(entry.value, dict):
            return dict(entry.children())
        self._problem(entry.place.of_value(), f"{entry.value!r}: {what} must be a table")
        return {}

    def _problem(self, where: str, what: str) -> None:
        self.problems.append(ConfigError(where, what))


def _known(root: Path) -> tuple[str, ...]:
    """Return the keys that may stand beside the rules; none: any, the table is somebody's own."""
    if not root:
        return DOCUMENT_KEYS
    # A misspelt [[shed.rule]] is no rule at all, and a section may hold what its settings declare.
    return tuple(Settings.__struct_fields__) if root[-1] == SECTION else ()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
