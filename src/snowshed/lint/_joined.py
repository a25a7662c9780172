"""Findings and dumps put together, as data: how many tasks have to do with what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding

__all__ = ["Joined", "Waiting"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The tasks that have to do with a finding, none of them counted twice.

    Attributes:
        here: those that wait on a line of it.
        related: those that wait on a line that has to do with it.
        created: those that a line of it has started, and that wait or run elsewhere.
        state: what most of them do, in the words of their runtime; empty if that is not told.
        lines: where those of ``here`` wait, with how many; the most first.
    """

    here: int = 0
    related: int = 0
    created: int = 0
    state: str = ""
    lines: tuple[tuple[int, int], ...] = ()

    @property
    def total(self) -> int:
        """How many that are."""
        return self.here + self.related + self.created


@dataclass(frozen=True, slots=True)
class Joined:
    """Findings and dumps put together.

    Attributes:
        waiting: the tasks that have to do with a finding; one that has none is not there.
        groups: how many tasks have to do with just these findings, and no other.
        inside: of each dump, how many tasks are in a file that was looked at, at any line.
    """

    waiting: Mapping[Finding, Waiting] = field(default_factory=dict)
    groups: Mapping[frozenset[Finding], int] = field(default_factory=dict)
    inside: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        """How many tasks have to do with any finding."""
        return sum(self.groups.values())

    def at(self, findings: Collection[Finding]) -> int:
        """Return how many tasks have to do with any of ``findings``."""
        return sum(count for those, count in self.groups.items() if not those.isdisjoint(findings))
