"""The rows of a run as a table for people and as a file for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks._machine import machine
from benchmarks._runner import Row

SCHEMA = 1
_RESULTS = Path(__file__).parent / "results"
# What is measured by one command, and where it is written.
PARTS = {part: _RESULTS / f"{part}.json" for part in ("core", "observe", "doctor")}


def table(rows: Iterable[Row]) -> str:
    """Return the rows as text, under a heading for each section."""
    lines: list[str] = []
    for heading, group in groupby(rows, _heading):
        lines += ["", heading, *map(_line, group)]
    return "\n".join(lines[1:])


def _heading(row: Row) -> str:
    return f"{row.section} · {row.loop} · Python {row.python} · 1.00 = {row.baseline}"


def _line(row: Row) -> str:
    if row.ratio is None:
        return f"  {row.name:<42}  not installed"
    measured = f"{row.ratio:6.2f}  ({row.q1:.2f} to {row.q3:.2f})"
    return f"  {row.name:<42}{measured:<26}{_verdict(row)}".rstrip()


def _verdict(row: Row) -> str:
    if row.goal is None:
        return ""
    sign = ">=" if row.at_least else "<="
    mark = "met" if row.met else "MISSED"
    return f"goal {sign} {row.goal:<5} {mark}"


def summary(rows: Iterable[Row]) -> str:
    """Return one line: how many goals there are, and which are missed."""
    goals = [row for row in rows if row.met is not None]
    missed = [f"{row.name} ({row.loop}, {row.python})" for row in goals if not row.met]
    line = f"{len(goals) - len(missed)} of {len(goals)} goals met"
    return f"{line}; missed: {', '.join(missed)}" if missed else line


def document(rows: list[Row], rounds: int) -> dict[str, Any]:
    """Return what `write` writes."""
    return {
        "schema": SCHEMA,
        "machine": machine(),
        "pythons": sorted({row.python for row in rows}),
        "rounds": rounds,
        "rows": [as_json(row) for row in rows],
    }


def as_json(row: Row) -> dict[str, Any]:
    """Return a row with its verdict, numbers to three digits."""
    fields = asdict(row) | {"met": row.met}
    return {
        key: round(value, 3) if isinstance(value, float) else value for key, value in fields.items()
    }


def from_json(fields: dict[str, Any]) -> Row:
    """Return the row that `as_json` wrote."""
    return Row(**{key: value for key, value in fields.items() if key != "met"})


def merged(old: list[Row], new: list[Row]) -> list[Row]:
    """Return the rows of both, of those sections that are in both the new ones."""

    def section(row: Row) -> tuple[str, str, str]:
        return row.section, row.loop, row.python

    renewed = {section(row) for row in new}
    kept = [row for row in old if section(row) not in renewed]
    order = {key: place for place, key in enumerate(dict.fromkeys(map(section, [*old, *new])))}
    return sorted([*kept, *new], key=lambda row: order[section(row)])


def results(part: str) -> dict[str, Any]:
    """Return what was written for a part; nothing if that is not there."""
    file = PARTS[part]
    found: dict[str, Any] = (
        json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"rows": []}
    )
    return found


def read(part: str) -> list[Row]:
    """Return the rows that were written for a part; none if there are none."""
    return [from_json(row) for row in results(part)["rows"]]


def write(rows: list[Row], rounds: int, file: Path) -> None:
    """Write the rows as JSON."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(document(rows, rounds), indent=1) + "\n", encoding="utf-8")
