from __future__ import annotations

from pathlib import Path

import pytest

import _page


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def test_later_blocks_see_what_earlier_ones_defined(page: Path) -> None:
    page.write_text(
        "```python\nx = 1\n```\n\ntext\n\n```python\nprint(x)\n```\n```output\n1\n```\n"
    )
    _page.run(page)


def test_an_error_has_the_line_of_the_page(page: Path) -> None:
    page.write_text("# Title\n\n```python\nx = 1\n1 / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as caught:
        _page.run(page)
    assert caught.traceback[-1].path == page
    assert caught.traceback[-1].lineno + 1 == 5


def test_output_that_differs_stops_with_the_difference(page: Path) -> None:
    page.write_text("```python\nprint(2)\n```\n\n```output\n1\n```\n")
    with pytest.raises(SystemExit, match=r"page.md:2 printed something else\n(.*\n)*-1\n\+2"):
        _page.run(page)


def test_a_block_is_excused_only_with_a_reason(page: Path) -> None:
    page.write_text("<!-- not run: needs a server -->\n```python\n1 / 0\n```\n")
    _page.run(page)
    page.write_text("<!-- not run: -->\n```python\n1 / 0\n```\n")
    with pytest.raises(ZeroDivisionError):
        _page.run(page)


def test_other_languages_are_not_run(page: Path) -> None:
    page.write_text("```console\n$ false\n```\n\n```\n1 / 0\n```\n")
    _page.run(page)


def test_links_are_those_of_the_text_and_not_of_the_code(page: Path) -> None:
    page.write_text("[a](b.md#c) ![d](e.svg) `[f](g)`\n\n```python\nh[i](j)\n```\n")
    assert _page.links(page) == ["b.md#c", "e.svg"]
