from __future__ import annotations

import io

from rich.console import Console

from demo._sample import FINDINGS
from snowshed.demo._rows import groups, limits
from snowshed.demo._table import print_findings


def test_the_table_has_every_row_and_says_where_it_does_not_help() -> None:
    output = io.StringIO()
    print_findings(FINDINGS, Console(file=output, width=160))
    shown = output.getvalue()
    for group in groups(FINDINGS):
        for row in group.rows:
            [line] = [
                line
                for line in shown.split(group.title)[1].splitlines()
                if line.startswith(f"│   {row.label} ")
            ][:1]
            assert row.bare in line
            assert row.guarded in line
    assert " ".join(limits(FINDINGS.overload).split()) in " ".join(shown.split())


def test_a_name_is_shown_as_it_is_and_not_as_markup() -> None:
    output = io.StringIO()
    print_findings(FINDINGS, Console(file=output, width=160))
    assert "snowshed <&>" in output.getvalue()
