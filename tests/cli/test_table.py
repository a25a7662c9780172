"""Tables of text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from snowshed.cli import _table
from snowshed.cli._table import Column, lines, terminal_width

if TYPE_CHECKING:
    import pytest

COLUMNS = [Column("count", right=True), Column("state"), Column("where")]
ROWS = [["1,234", "lock", "shop/app.py:41 checkout"], ["7", "sleep", "-"]]


def test_a_column_is_as_wide_as_what_stands_in_it() -> None:
    assert [*lines(COLUMNS, ROWS)] == [
        "count  state  where",
        "1,234  lock   shop/app.py:41 checkout",
        "    7  sleep  -",
    ]


def test_on_a_narrow_terminal_the_widest_column_is_cut() -> None:
    assert [*lines(COLUMNS, ROWS, 30)] == [
        "count  state  where",
        "1,234  lock   shop/app.py:41 …",
        "    7  sleep  -",
    ]


def test_a_cell_keeps_eight_characters_however_narrow_it_is() -> None:
    assert [*lines([Column("x")], [["0123456789"]], 1)] == ["x", "0123456…"]


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert [*lines([Column("name")], [["a\x1b[2J\nb"]])][1] == "a\\x1b[2J\\nb"


def test_only_a_terminal_has_a_width(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_width() is None
    monkeypatch.setattr(_table.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(_table.shutil, "get_terminal_size", lambda: os.terminal_size((123, 40)))
    assert terminal_width() == 123
