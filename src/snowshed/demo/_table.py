"""The comparisons on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from snowshed.demo._rows import tables
from snowshed.demo._words import conclusions

if TYPE_CHECKING:
    from rich.console import Console

    from snowshed.demo import _rows
    from snowshed.demo._model import Findings


def print_findings(findings: Findings, console: Console) -> None:
    """Print each table, and below it what came out."""
    for table, paragraphs in zip(tables(findings), conclusions(findings), strict=True):
        console.print(drawn(table))
        for paragraph in paragraphs:
            console.print(Text(paragraph), "")


def drawn(table: _rows.Table) -> Table:
    """Return the runs side by side."""
    made = Table("", title=Text(table.title))
    for name in table.columns:
        made.add_column(Text(name), justify="right")
    for group in table.groups:
        made.add_section()
        made.add_row(Text(group.title, style="bold"))
        for row in group.rows:
            made.add_row(Text(f"  {row.label}"), *map(Text, row.cells))
    return made
