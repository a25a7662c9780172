"""Rows as text for the terminal and as a file for programs."""

from __future__ import annotations

import json
import platform
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks._machine import machine
from benchmarks._pythons import HOUSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.overload._measures import Row

SCHEMA = 1
RESULTS = HOUSE / "benchmarks" / "results" / "overload.json"


class Column(NamedTuple):
    """A column: its heading, the key of its numbers, digits after the point."""

    heading: str
    key: str
    digits: int


COLUMNS = (
    Column("goodput", "goodput_ratio", 2),
    Column("onset", "onset", 2),
    Column("recovery", "recovery", 2),
    Column("p99 ms", "p99_ms", 0),
    Column("refusal ms", "refusal_p99_ms", 1),
    Column("tasks", "peak_tasks", 0),
    Column("limit", "limit", 0),
    Column("MB", "rss_mb", 1),
    Column("lag ms", "lag_ms", 1),
    Column("late ms", "late_ms", 1),
    Column("no core s", "no_core", 1),
)


def number(value: float | None, digits: int) -> str:
    """Return a number as it is shown; a dash for none."""
    return "-" if value is None else f"{value:.{digits}f}"


def heading() -> str:
    """Return the line above the lines."""
    return f"{'scenario':<15}{'controller':<16}" + "".join(f"{c.heading:>11}" for c in COLUMNS)


def line(row: Row) -> str:
    """Return a row as text, its goals last."""
    name = f"{row['scenario']} {row['load']:g}x"
    shown = "".join(f"{number(row[c.key], c.digits):>11}" for c in COLUMNS)
    return f"{name:<15}{row['controller']:<16}{shown}  {verdict(row)}".rstrip()


def verdict(row: Row) -> str:
    """Return what a row was to reach and whether it did."""
    if row["met"] is None:
        return ""
    if row["met"]:
        return "goals met"
    goals = row["goals"]
    return "MISSED " + ", ".join(f"{key} {goals[key]}" for key in row["missed"])


def summary(rows: Iterable[Row]) -> str:
    """Return one line: how many of the goals are met."""
    goals = [(row, key) for row in rows for key in row["goals"]]
    met = sum(key not in row["missed"] for row, key in goals)
    return f"{met} of {len(goals)} goals met"


def document(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what is written for programs."""
    return {
        "schema": SCHEMA,
        "commit": commit(),
        "python": platform.python_version(),
        "machine": machine(),
        "rows": list(rows),
    }


def commit() -> str:
    """Return the commit that was measured, with a plus if files differ from it; or nothing."""
    command = ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=HOUSE, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def write(rows: Sequence[Row], file: Path = RESULTS) -> None:
    """Write the rows, one a line, so that two runs can be compared by eye."""
    whole = document(rows)
    lines = ",\n".join(f"  {json.dumps(row)}" for row in whole.pop("rows"))
    head = json.dumps(whole, indent=1).removesuffix("\n}")
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'{head},\n "rows": [\n{lines}\n ]\n}}\n', encoding="utf-8")


def read(file: Path = RESULTS) -> dict[str, Any]:
    """Return what `write` wrote."""
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document
