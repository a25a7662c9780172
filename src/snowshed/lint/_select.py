"""Which findings are told: by the id of the rule, the path and the tier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._patterns import Patterns
    from snowshed.lint._rule import Rule
    from snowshed.lint.rules import Named

__all__ = ["Selection", "meant", "nearest"]

_ALIKE = str.maketrans("oil", "011")
_NEAR, _NEAR_ID = 0.6, 0.8


@dataclass(frozen=True, slots=True)
class Selection:
    """What is told.

    Attributes:
        selected: ids of the rules that are; None is all.
        ignored: ids of those that are not.
        asked: ids that were selected one by one: these are told, of whatever tier.
        advice: whether findings of that tier are told.
        ignored_in: ids that are not told of the files that patterns match.
    """

    selected: frozenset[str] | None = None
    ignored: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    advice: bool = False
    ignored_in: tuple[tuple[Patterns, frozenset[str]], ...] = ()

    def selects(self, rule: str, path: str) -> bool:
        """Tell whether what ``rule`` finds is selected, of whatever tier it is.

        Args:
            rule: its id.
            path: the file, relative to where the settings stand.
        """
        if rule in self.ignored or (self.selected is not None and rule not in self.selected):
            return False
        return not any(rule in ids and patterns.cover(path) for patterns, ids in self.ignored_in)

    def tells(self, finding: Finding) -> bool:
        """Tell whether ``finding``, which is selected, is of a tier that is told."""
        return self.advice or finding.tier is Tier.DEFAULT or finding.rule in self.asked


def meant(rules: Mapping[str, Rule] | Mapping[str, Named]) -> dict[str, frozenset[str]]:
    """Return the ids that each word for rules stands for, by the word in lower case.

    A word is an id, what ids begin with (``SN``, ``SN3``, ``SN30``), a name or a cause.
    """
    ids: dict[str, set[str]] = {}
    for id_, rule in rules.items():
        beginnings = {id_[:end] for end in range(2, len(id_) + 1)}
        for word in (*beginnings, rule.name, str(rule.cause)):
            ids.setdefault(word.lower(), set()).add(id_)
    return {word: frozenset(rules) for word, rules in ids.items()}


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return which of ``words`` was meant by ``word``; None if that is none, or any of several.

    An id that is no more than like others is no help: of ``SN331`` nobody knows which it should be.
    """
    known = {each.lower(): each for each in words}
    word = word.lower()
    figures = word[:2] + word[2:].translate(_ALIKE)
    if figures in known:
        return known[figures]
    having = [each for each in known if word in each]
    if len(having) == 1 and len(word) > 2:
        return known[having[0]]
    from difflib import SequenceMatcher  # noqa: PLC0415 - hardly ever needed

    alike = sorted((SequenceMatcher(None, each, word).ratio(), each) for each in known)
    least = _NEAR_ID if re.fullmatch(r"[a-z]*\d+", word) else _NEAR
    best = [each for ratio, each in alike if ratio == alike[-1][0] >= least]
    return known[best[0]] if len(best) == 1 else None
