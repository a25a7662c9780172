"""What a name, a page or a message has in it steers no terminal and ends no line."""

from __future__ import annotations

import pytest

from snowshed._printable import printable


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("GET /cart é", "GET /cart é"),
        ("Task \x1b[31mé\n", "Task \\x1b[31mé\\n"),
        ("\u202egnp.exe\u2028", "\\u202egnp.exe\\u2028"),
        ("\ud800", "\\ud800"),
        (404, "404"),
    ],
)
def test_what_would_steer_a_terminal_is_made_visible(value: object, shown: str) -> None:
    assert printable(value) == shown
