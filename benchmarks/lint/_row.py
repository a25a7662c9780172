"""One line of the table: a goal, and what was measured."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snowshed.lint._alike import together
from snowshed.lint._engine import lint
from snowshed.lint._finding import Tier

if TYPE_CHECKING:
    from snowshed.lint._engine import Report
    from snowshed.lint._finding import Finding

__all__ = ["Row", "by_rule", "looked_at", "told"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        part: what it belongs to, such as ``kernels``.
        name: what was measured, in words.
        value: the number; None: it could not be measured here.
        goal: what it should be: at most this, or at least; None: for information.
        at_least: whether more is better.
        of: of how many, where it is a count.
        digits: how many digits behind the point it is shown with.
        note: what else there is to say of it, in a few words.
    """

    part: str
    name: str
    value: float | None
    goal: float | None = None
    at_least: bool = False
    of: int | None = None
    digits: int = 0
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Tell whether the goal is met, as far as the table shows; None where there is none."""
        if self.goal is None or self.value is None:
            return None
        value = round(self.value, self.digits)
        return value >= self.goal if self.at_least else value <= self.goal

    @property
    def shown(self) -> str:
        """The number as people read it."""
        if self.value is None:
            return "not measured"
        number = f"{self.value:,.{self.digits}f}"
        return number if self.of is None else f"{number} of {self.of}"

    @property
    def shown_goal(self) -> str:
        """The goal as people read it; nothing where there is none."""
        sign = ">=" if self.at_least else "<="
        return "" if self.goal is None else f"{sign} {self.goal:g}"

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        value = None if self.value is None else round(self.value, 3)
        fields = {"part": self.part, "name": self.name, "value": value, "goal": self.goal}
        shape = {"at_least": self.at_least, "of": self.of, "digits": self.digits}
        return fields | shape | {"note": self.note, "met": self.met}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Row:
        """Return the row that `as_json` wrote."""
        return cls(**{key: value for key, value in fields.items() if key != "met"})


def looked_at(paths: Iterable[Path], *, jobs: int | None = None) -> Report:
    """Return what is said of ``paths``; of a rule that fails tell on stderr: less is said then."""
    report = lint([str(path) for path in paths], jobs=jobs)
    for problem in report.problems:
        if "failed" in problem.message:
            print(f"{problem.path}: {problem.message}", file=sys.stderr)
    return report


def told(findings: Iterable[Finding]) -> list[Finding]:
    """Return what is told without being asked for: what is alike in one file once."""
    return together(each for each in findings if each.tier is Tier.DEFAULT)


def by_rule(findings: Iterable[Finding]) -> str:
    """Return how many there are of each rule, the most first."""
    counts = Counter(each.rule for each in findings)
    return ", ".join(f"{rule} {count}" for rule, count in counts.most_common())
