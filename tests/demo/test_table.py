from __future__ import annotations

import io

from rich.console import Console

from demo._sample import FINDINGS
from snowshed.demo._rows import tables
from snowshed.demo._table import print_findings
from snowshed.demo._words import conclusions


def test_each_table_has_every_row_and_is_followed_by_what_came_out() -> None:
    output = io.StringIO()
    print_findings(FINDINGS, Console(file=output, width=160))
    rest = output.getvalue()
    for table, paragraphs in zip(tables(FINDINGS), conclusions(FINDINGS), strict=True):
        for row in (row for group in table.groups for row in group.rows):
            line, rest = next_line(rest, row.label)
            assert [cell.strip() for cell in line.split("│")[2:-1]] == list(row.cells)
        shown = " ".join(rest.split())
        for paragraph in paragraphs:
            assert " ".join(paragraph.split()) in shown


def next_line(text: str, label: str) -> tuple[str, str]:
    """Return the first line of a table with this label, and all that follows it."""
    before, found, after = text.partition(f"│   {label} ")
    assert found, before
    line, _, rest = after.partition("\n")
    return found + line, rest


def test_a_name_is_shown_as_it_is_and_not_as_markup() -> None:
    output = io.StringIO()
    print_findings(FINDINGS, Console(file=output, width=160))
    assert "snowshed <&>" in output.getvalue()
