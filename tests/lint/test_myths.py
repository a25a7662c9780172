"""None of the claims that are wrong is repeated: lint says nothing of the programs of the page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import _page
from lint._wanted import go_findings, python_findings
from snowshed.lint import rules

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "myths.md"
LINES = PAGE.read_text(encoding="utf-8").splitlines()


def heading(block: _page.Block) -> str:
    """Return what stands above ``block``."""
    above = (line for line in reversed(LINES[: block.line]) if line.startswith("## "))
    return next(above, "")


def programs(language: str) -> dict[str, str]:
    return {heading(block): block.text for block, _ in _page.programs(PAGE, language)}


GO = programs("go")
WELL = [
    '## Go: "A `select` with a `default` blocks when the channel is full"',
    '## Go: "`Timer.Reset` panics after the timer has fired"',
    '## Go: "`time.After` beside `ctx.Done()` leaks when the context is the background"',
    '## Go: "`go fetch(u)` in a loop captures the loop variable"',
]
COUNT = '## Go: "`NumGoroutine` shows the leak" and "blocked for nine minutes"'
KILLS = '## Go: "A timeout and a `defer cancel()` make a goroutine safe"'


def told(code: str, version: tuple[int, int]) -> list[tuple[str, int]]:
    """Return which rule says something of which line, in whatever tier."""
    return sorted(
        (rule.id, found.span.line)
        for rule in rules().values()
        if rule.in_go is not None
        for found in go_findings(rule.id, {"app/main.go": code}, go=version)
    )


@pytest.mark.parametrize("claim", WELL)
@pytest.mark.parametrize("version", [(1, 21), (1, 22), (1, 27)])
def test_what_is_well_is_not_reported(claim: str, version: tuple[int, int]) -> None:
    found = told(GO[claim], version)
    # Of a closure, and before Go 1.22, it is true.
    closure = GO[claim].partition("go func() {")[0].count("\n") + 1
    assert [each for each in found if version > (1, 21) or each[1] < closure] == []


def test_of_a_count_nothing_is_said_and_of_the_goroutines_that_it_counts_that_they_are_stuck() -> (
    None
):
    found = told(GO[COUNT], (1, 27))
    stuck = GO[COUNT].partition("<-make(chan int)")[0].count("\n") + 1
    assert found == [("SN316", stuck)]
    assert told(GO[COUNT].replace("<-make(chan int)", "time.Sleep(1)"), (1, 27)) == []


def test_the_deferred_cancel_is_reported_on_its_line() -> None:
    (line,) = (
        number for number, text in enumerate(GO[KILLS].splitlines(), 1) if "defer cancel()" in text
    )
    assert [each[1] for each in told(GO[KILLS], (1, 27))] == [line]


def test_a_log_is_no_finding() -> None:
    (code,) = (text for text in programs("python").values() if "QueueHandler" in text)
    ast.parse(code)
    for rule in rules().values():
        if rule.in_python is not None:
            assert [*python_findings(rule.id, {"app/main.py": code})] == []


def test_the_programs_are_those_of_the_page() -> None:
    assert {*WELL, KILLS, COUNT} == GO.keys()
    assert len(re.findall(r"^## Go: ", "\n".join(LINES), re.MULTILINE)) == len(GO)
