from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from snowshed.lint._texts import Texts

if TYPE_CHECKING:
    import pytest


def test_lines_are_those_that_an_editor_counts(tmp_path: Path) -> None:
    file = tmp_path / "a.go"
    file.write_bytes("é\r\nb\x0cc\u2028d\n".encode() + b"\xff")
    texts = Texts()
    assert texts.lines(str(file)) == ["é", "b\x0cc\u2028d", "\ufffd"]
    assert [texts.line(str(file), number) for number in (0, 1, 3, 4)] == ["", "é", "\ufffd", ""]


def test_what_is_not_written_yet_stands_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "a.go"
    file.write_text("on disk")
    assert Texts({str(file): b"in an editor"}).line(str(file), 1) == "in an editor"


def test_it_is_found_however_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ("./new/a.go", "new//a.go", str(tmp_path / "new" / "a.go")):
        assert Texts({given: b"in an editor"}).line("new/a.go", 1) == "in an editor"


def test_a_file_that_is_gone_has_no_lines(tmp_path: Path) -> None:
    texts = Texts()
    assert texts.line(str(tmp_path / "gone.go"), 1) == ""
    assert texts.line("with\0in it", 1) == ""
    assert texts.source(str(tmp_path)).content == b""
