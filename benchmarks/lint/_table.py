"""The rows as text for people and as a file for programs."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from benchmarks._machine import machine
from benchmarks._pythons import HOUSE
from benchmarks.lint._row import Row

__all__ = ["RESULTS", "merged", "read", "summary", "table", "write"]

SCHEMA = 1
RESULTS = HOUSE / "benchmarks" / "results" / "lint.json"
PARTS = ("kernels", "fixes", "go", "projects", "python", "corpus", "speed")


def table(rows: Iterable[Row]) -> str:
    """Return the rows as text, under a heading for each part."""
    lines: list[str] = []
    for part, group in groupby(rows, lambda row: row.part):
        lines += ["", part, *map(_line, group)]
    return "\n".join(lines[1:])


def _line(row: Row) -> str:
    verdict = {True: "met", False: "MISSED", None: ""}[row.met]
    line = f"  {row.name:<56}{row.shown:>14}  {row.shown_goal:<8}{verdict:<8}{row.note}"
    return line.rstrip()


def summary(rows: Iterable[Row]) -> str:
    """Return one line: how many goals there are, and which are missed."""
    goals = [row for row in rows if row.met is not None]
    missed = [f"{row.part}: {row.name}" for row in goals if not row.met]
    line = f"{len(goals) - len(missed)} of {len(goals)} goals met"
    return f"{line}; missed: {', '.join(missed)}" if missed else line


def merged(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """Return the rows of both, of those parts that are in both the new ones, part by part."""
    new = list(new)
    renewed = {row.part for row in new}
    rows = [*(row for row in old if row.part not in renewed), *new]
    return sorted(rows, key=lambda row: PARTS.index(row.part))


def read() -> list[Row]:
    """Return the rows that were written; none if there are none."""
    return [Row.from_json(fields) for fields in results()["rows"]]


def results() -> dict[str, Any]:
    """Return what was written; nothing if that is not there."""
    if not RESULTS.exists():
        return {"rows": []}
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def write(rows: Iterable[Row]) -> None:
    """Write the rows as JSON."""
    document = {
        "schema": SCHEMA,
        "machine": machine(),
        "python": platform.python_version(),
        "rows": [row.as_json() for row in rows],
    }
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
