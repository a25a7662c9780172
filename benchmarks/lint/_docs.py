"""The table of lint on the page of the benchmarks: the prose there is by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from benchmarks._docs import PAGE
from benchmarks._machine import told
from benchmarks._page import replaced, rewrite
from benchmarks.lint._table import read, results

if TYPE_CHECKING:
    from benchmarks.lint._row import Row

__all__ = ["PAGE", "renew", "renewed"]

_TITLES = {
    "kernels": "labelled leak programs of the Go toolchain",
    "fixes": "real fixes of blocking bugs",
    "go": "Go's standard library, findings in 10,000 lines",
    "projects": "projects in Go, findings in 10,000 lines",
    "python": "Python packages, findings in 10,000 lines",
    "corpus": "the corpus of the house",
    "speed": "speed and memory, one core",
}


def renew() -> None:
    """Put the results on the page."""
    rewrite(PAGE, renewed)


def renewed(page: str) -> str:
    """Return the page with the results that were written."""
    page = replaced(page, "lint", "\n".join(_table(read())))
    return replaced(page, "lint-run", _run())


def _run() -> str:
    found = results()
    if not found["rows"]:
        return ""
    return f"- `lint.json`: {told(found['machine'])}; Python {found['python']}."


def _table(rows: Iterable[Row]) -> Iterator[str]:
    yield "| | goal | measured | |"
    yield "|---|---|---|---|"
    for part, group in groupby(rows, lambda row: row.part):
        yield f"| **{_TITLES[part]}** | | | |"
        for row in group:
            shown = f"**{row.shown}**" if row.met is False else row.shown
            yield f"| {row.name} | {row.shown_goal} | {shown} | {row.note} |"
