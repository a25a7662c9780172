"""Which findings are told: by the id of the rule, the path and the tier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is told.

    Attributes:
        selected: ids of the rules that are; None is all.
        ignored: ids of those that are not.
        asked: ids that were selected one by one: these are told, of whatever tier.
        advice: whether findings of that tier are told.
        ignored_in: ids that are not told of files which match a pattern, by pattern.
    """

    selected: frozenset[str] | None = None
    ignored: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    advice: bool = False
    ignored_in: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def tells(self, finding: Finding) -> bool:
        """Tell whether ``finding``, which is selected, is of a tier that is told."""
        return self.advice or finding.tier is Tier.DEFAULT or finding.rule in self.asked
