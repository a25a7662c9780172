"""The page on lint shows what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

import _page
from snowshed.cli import main
from snowshed.formats import goroutines
from snowshed.model import Frame, Goroutine

DOCS = Path(__file__).parents[2] / "docs"
LINT = DOCS / "reference" / "lint.md"
JOINED = DOCS / "how-to" / "from-a-finding-to-a-dump.md"
FILE = "billing/notify.go"
STUCK = Goroutine(7, "chan send", (Frame("example.com/pay/billing.notify.func1", f"/b/{FILE}", 8),))


def shown(page: Path) -> list[str]:
    """Return the blocks of text of ``page`` that show what lint says."""
    texts = (block.text for block in _page.blocks(page) if block.language == "text")
    return [text for text in texts if text.startswith(f"{FILE}:")]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "billing").mkdir()
    (code,) = (block.text for block in _page.blocks(LINT) if block.text.startswith("package bill"))
    (tmp_path / FILE).write_text(code)
    return tmp_path


def test_the_finding_is_told_as_the_page_shows_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", "--no-cache", "billing"]) == 1
    assert capsys.readouterr().out == shown(LINT)[0]


def test_and_so_it_is_with_a_dump(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "goroutines.txt").write_text(goroutines.write_debug2([STUCK] * 4812))
    assert main(["lint", "--no-cache", "--dump", "goroutines.txt"]) == 1
    said = capsys.readouterr().out
    for text in (shown(LINT)[1], *shown(JOINED)):
        assert said.startswith(text)


def test_a_fix_is_what_it_says(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--no-cache", "--fix", "billing"]) == 0
    assert "make(chan error, 1)" in (here / FILE).read_text()
