"""Where in lines and columns a byte stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snowshed.lint import Span
from snowshed.lint._source import Source


def test_lines_and_columns_count_from_one_and_in_characters() -> None:
    source = Source("a.py", "é = 1\n日本 = 2\n".encode())
    assert source.span(0, 2) == Span(1, 1, 1, 2)
    assert source.span(7, 13) == Span(2, 1, 2, 3)
    assert source.span(5, 14) == Span(1, 5, 2, 4)
    assert source.text(7, 13) == "日本"


def test_a_line_ends_behind_its_newline() -> None:
    source = Source("a.go", b"a\r\nb\n")
    assert [source.line_of(offset) for offset in range(6)] == [1, 1, 1, 2, 2, 3]
    assert [source.start_of(line) for line in (1, 2, 3)] == [0, 3, 5]
    assert Source("a.go", b"").span(0, 0) == Span(1, 1, 1, 1)


def test_it_says_what_it_is() -> None:
    source = Source("a/b_test.go", b"package b", is_test=True)
    assert repr(source) == "<Source 'a/b_test.go', 9 bytes>"
    assert source.is_test


@given(st.text(st.sampled_from("aé日\n\r\t"), max_size=20), st.data())
def test_any_place_is_where_an_editor_shows_it(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    source = Source("a.py", text.encode())
    offset = len(text[:at].encode())
    before = text[:at].split("\n")
    assert source.span(offset, offset) == Span(
        len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 1
    )
