"""The page of the benchmarks: prose by hand, tables from the results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from benchmarks import (
    doctor_start,
    doctor_text,
    doctor_trace,
    fastapi_throughput,
    hook,
    idle,
    rivals,
    sampler,
    snapshot,
    watching,
)
from benchmarks._figures import PLAIN
from benchmarks._machine import told
from benchmarks._page import replaced, rewrite
from benchmarks._pythons import HOUSE
from benchmarks._table import PARTS, read, results

if TYPE_CHECKING:
    from benchmarks._runner import Row

PAGE = HOUSE / "docs" / "reference" / "benchmarks.md"
# What stands on the page, and the areas of its rows, which are what their sections begin with.
PLACES: dict[str, tuple[str, ...]] = {
    "hook": (hook.NAME,),
    "fastapi": (fastapi_throughput.NAME,),
    "snapshot": (snapshot.NAME, sampler.NAME, idle.NAME),
    "watching": (watching.NAME,),
    "rivals": (rivals.NAME,),
    "doctor": (doctor_trace.NAME,),
    "doctor-text": (doctor_text.NAME, doctor_start.NAME),
    "core": ("scope", "semaphore", "channel", "pool", "deadline"),
}


def renew() -> None:
    """Put the results on the page."""
    rewrite(PAGE, renewed)


def renewed(page: str) -> str:
    """Return the page with the results that were written."""
    rows = [row for part in PARTS for row in read(part)]
    return replaced(with_results(page, rows), "run", "\n".join(_runs()))


def _runs() -> Iterator[str]:
    """Yield a line about the run behind each file."""
    for part, file in PARTS.items():
        found = results(part)
        if found["rows"]:
            where, pythons = told(found["machine"]), ", ".join(found["pythons"])
            rounds = f"{found['rounds']} rounds at most"
            yield f"- `{file.name}`: {rounds}; {where}; Python {pythons}."


def with_results(page: str, rows: list[Row]) -> str:
    """Return the page with the tables of these rows."""
    for name, areas in PLACES.items():
        chosen = [row for area in areas for row in rows if _area(row) == area]
        page = replaced(page, name, "\n".join(_table(chosen)))
    return page


def _area(row: Row) -> str:
    return re.split("[: ]", row.section, maxsplit=1)[0]


def _table(rows: list[Row]) -> Iterator[str]:
    """Yield a table with a column for each loop, and for each Python if there are several."""
    several = len({row.python for row in rows}) > 1
    columns = [*dict.fromkeys(_column(row, several=several) for row in rows)]
    yield f"| | goal | {' | '.join(columns)} |"
    yield f"|---|---|{'---|' * len(columns)}"
    # In one group what was measured on several loops, one after another.
    sections = [*dict.fromkeys(row.section for row in rows)]
    ordered = sorted(rows, key=lambda row: sections.index(row.section))
    for _, group in groupby(ordered, lambda row: row.section):
        of_section = [*group]
        yield f"| **{_title(of_section[0])}** | |{' |' * len(columns)}"
        for name in dict.fromkeys(row.name for row in of_section):
            of_name = {_column(r, several=several): r for r in of_section if r.name == name}
            cells = [_cell(of_name.get(column)) for column in columns]
            yield f"| {_shown(name)} | {_goal(of_name.values())} | {' | '.join(cells)} |"


def _column(row: Row, *, several: bool) -> str:
    return f"{row.python} {row.loop}" if several else row.loop


def _title(row: Row) -> str:
    return row.section if row.baseline == PLAIN else f"{row.section}, 1 = {row.baseline}"


def _shown(name: str) -> str:
    return f"`{name}`" if re.fullmatch(r"\w+(\.\w+)+(\(.*\))?", name) else name


def _goal(rows: Iterable[Row]) -> str:
    goals = dict.fromkeys((row.goal, row.at_least) for row in rows if row.goal is not None)
    return ", ".join(f"{'>=' if least else '<='} {goal:g}" for goal, least in goals)


def _cell(row: Row | None) -> str:
    if row is None or row.ratio is None:
        return ""
    return f"**{row.ratio:.2f}**" if row.met is False else f"{row.ratio:.2f}"
