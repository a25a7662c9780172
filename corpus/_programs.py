"""The programs of the corpus: where they are, and which of their lines a tool should report."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from snowshed.model import Cause

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "corpus" / "python"
NEAR = 3
"""So many lines above or below a mark a report still counts: tools differ in what they point at."""
_MARK = re.compile(r"#\ bug:\ (?P<rule>SN\d{3}|no\ rule)$")


@dataclass(frozen=True, slots=True)
class Label:
    """A line at which a tool should report.

    Attributes:
        line: from 1.
        rule: the rule of snowshed that has to; None if there is none, and then this is a miss.
    """

    line: int
    rule: str | None


@dataclass(frozen=True)
class Program:
    """One half of a pair of twins.

    Attributes:
        cause: which of the five.
        twins: name of the pair.
        side: which half.
    """

    cause: Cause
    twins: str
    side: Literal["bad", "good"]

    def __str__(self) -> str:
        return f"{self.twins}/{self.side}"

    @property
    def path(self) -> Path:
        """Return the file: in a folder of its own, as tools take a folder for one program."""
        return FOLDER / self.cause.replace("-", "_") / self.twins / self.side / "service.py"

    @property
    def name(self) -> str:
        """Return its path in this repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def summary(self) -> str:
        """Return the first line of what it says of itself."""
        told = ast.get_docstring(ast.parse(self.path.read_text(encoding="utf-8"))) or ""
        return told.partition("\n")[0]

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """Return the marks in it; a good one has none."""
        found = []
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            if match := _MARK.search(line):
                rule = match["rule"]
                found.append(Label(number, None if rule == "no rule" else rule))
        return tuple(found)

    def is_near(self, line: int) -> bool:
        """Tell whether a report at ``line`` means one of the marks."""
        return any(abs(label.line - line) <= NEAR for label in self.labels)


def programs() -> list[Program]:
    """Return all programs, sorted by cause and name, the bad one of a pair first."""
    return [
        Program(cause, folder.name, side)
        for cause in Cause
        for folder in sorted((FOLDER / cause.replace("-", "_")).iterdir())
        if (folder / "bad").exists()
        for side in ("bad", "good")
    ]


def program(name: str) -> Program:
    """Return the program called ``name``, such as ``task_in_handler/bad``.

    Raises:
        ValueError: there is none.
    """
    for each in programs():
        if str(each) == name:
            return each
    msg = f"there is no program {name!r}; names are as in 'task_in_handler/bad'"
    raise ValueError(msg)
