"""What is measured is put between the marks of a page, with what it was measured on."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks._machine import machine, told
from benchmarks._page import replaced, rewrite

pytestmark = pytest.mark.house

PAGE = """prose
<!-- a: from the results -->
old
<!-- a: end -->
more prose
<!-- b: from the results -->
<!-- b: end -->
"""


def test_only_what_is_between_the_marks_is_replaced() -> None:
    assert replaced(PAGE, "a", "new") == PAGE.replace("old", "new")
    assert replaced(PAGE, "b", r"\1") == PAGE.replace("<!-- b: end", "\\1\n<!-- b: end")


@pytest.mark.parametrize(("page", "count"), [("prose", 0), (PAGE + PAGE, 2)])
def test_a_page_must_have_the_marks_once(page: str, count: int) -> None:
    with pytest.raises(ValueError, match=f"has {count} places for 'a'; there must be one"):
        replaced(page, "a", "new")


def test_a_page_is_written_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    rewrite(tmp_path / "page.md", lambda page: replaced(page, "a", "é"))
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == PAGE.replace("old", "é")


def test_the_machine_is_told() -> None:
    found = machine()
    assert told(found).endswith(f", {found['cores']} cores, {found['system']}")
    assert found["system"]
