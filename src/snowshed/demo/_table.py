"""The comparison on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from snowshed.demo._rows import LIMITS, groups, headline, price

if TYPE_CHECKING:
    from rich.console import Console

    from snowshed.demo._model import Comparison


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print the table, and what it does and does not say."""
    console.print(table(comparison))
    for paragraph in (headline(comparison), price(comparison), LIMITS):
        console.print(Text(paragraph), "")


def table(comparison: Comparison) -> Table:
    """Return both runs side by side."""
    made = Table("", *(run.name for run in comparison.runs), title="The same load, twice")
    for group in groups(comparison):
        made.add_section()
        made.add_row(Text(group.title, style="bold"), "", "")
        for row in group.rows:
            made.add_row(Text(f"  {row.label}"), Text(row.bare), Text(row.guarded))
    for column in made.columns[1:]:
        column.justify = "right"
    return made
