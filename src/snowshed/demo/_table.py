"""The comparison on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from snowshed.demo._rows import groups, headline, limits, price

if TYPE_CHECKING:
    from rich.console import Console

    from snowshed.demo._model import Findings


def print_findings(findings: Findings, console: Console) -> None:
    """Print the table, and what it does and does not say."""
    console.print(table(findings))
    for paragraph in (headline(findings.flood), price(findings.flood), limits(findings.overload)):
        console.print(Text(paragraph), "")


def table(findings: Findings) -> Table:
    """Return both runs side by side."""
    made = Table("", *(run.name for run in findings.flood.runs), title="The same load, twice")
    for group in groups(findings):
        made.add_section()
        made.add_row(Text(group.title, style="bold"), "", "")
        for row in group.rows:
            made.add_row(Text(f"  {row.label}"), Text(row.bare), Text(row.guarded))
    for column in made.columns[1:]:
        column.justify = "right"
    return made
