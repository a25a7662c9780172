"""The page of the benchmarks says what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.__main__ import main
from benchmarks._figures import figure
from benchmarks._runner import Row, row_of
from benchmarks._table import PARTS, merged, read, results, write

from benchmarks import _docs

pytestmark = pytest.mark.house


def _row(section: str, loop: str, ratio: float, goal: float | None = None) -> Row:
    return row_of([ratio], section=section, name="n", loop=loop, goal=goal, baseline="b")


def _page(rows: list[Row]) -> list[str]:
    return _docs.with_results(_docs.PAGE.read_text(), rows).splitlines()


def test_the_page_is_that_of_the_results() -> None:
    page = _docs.PAGE.read_text()
    assert _docs.renewed(page) == page
    assert all(read(part) for part in PARTS)
    assert "- `observe.json`: " in page


def test_a_table_has_a_column_for_each_loop_and_marks_what_is_missed() -> None:
    rows = [_row("hook", "asyncio", 1.1, 1.15), _row("hook", "uvloop", 1.2, 1.15)]
    page = _page(rows)
    at = page.index("| | goal | asyncio | uvloop |")
    assert page[at + 2 : at + 4] == [
        "| **hook, 1 = b** | | | |",
        "| n | <= 1.15 | 1.10 | **1.20** |",
    ]


def test_a_plain_figure_is_no_ratio_to_anything() -> None:
    page = _page([figure("idle: 0 tasks", "CPU, in per cent", "asyncio", [0.5], 1.0)])
    assert "| **idle: 0 tasks** | | |" in page
    assert "| CPU, in per cent | <= 1 | 0.50 |" in page


def test_what_was_not_measured_on_a_loop_is_left_empty() -> None:
    page = _page([_row("rivals: a", "asyncio", 1), _row("rivals: b", "uvloop", 2)])
    assert "| n |  | 1.00 |  |" in page
    assert "| n |  |  | 2.00 |" in page


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places for 'hook'; there must be one"):
        _docs.with_results("nothing", [])


def test_what_is_measured_again_replaces_the_old_in_its_place() -> None:
    old = [_row("a", "asyncio", 1), _row("b", "asyncio", 1), _row("c", "asyncio", 1)]
    new = [_row("b", "asyncio", 2), _row("d", "asyncio", 2)]
    assert merged(old, new) == [old[0], new[0], old[2], new[1]]


def test_a_part_that_is_measured_again_is_written_into_the_file_and_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, file = tmp_path / "page.md", tmp_path / "core.json"
    page.write_text(_docs.PAGE.read_text())
    other = _row("pool", "asyncio", 1)
    write([other, _row("deadline", "asyncio", 7)], 9, file)
    monkeypatch.setattr(_docs, "PAGE", page)
    monkeypatch.setitem(PARTS, "core", file)
    only = ["--part", "core", "--only", "deadline asyncio", "--rounds", "1"]
    assert main(only) == 0
    assert {row.name for row in read("core")} == {"n"}, "not asked to write"
    assert main([*only, "--write"]) == 0
    rows = read("core")
    assert rows[0] == other
    assert {row.section for row in rows[1:]} == {"deadline"}
    assert len(rows) > 3
    assert results("core")["rounds"] == 9, "at most"
    assert "open_scope without a deadline" in page.read_text()
