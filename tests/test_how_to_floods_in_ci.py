"""The how-to on floods in a pipeline, followed to the letter on dumps of a service that leaks."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

import _page
from doctor._dumps import goroutine
from snowshed.cli import main

pytestmark = pytest.mark.house

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "floods-in-ci.md"
COMMANDS = [
    line.removeprefix("$ snowshed ")
    for block in _page.blocks(PAGE)
    if block.language == "console" and not block.excused
    for line in block.text.splitlines()
]
LEAKING, WELL = range(2, 60), range(2, 3)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dumps").mkdir()
    dump(tmp_path, "notify", 1)
    return tmp_path


def dump(folder: Path, function: str, line: int) -> None:
    for name, ids in (("1.txt", WELL), ("2.txt", LEAKING)):
        sends = [goroutine(id_, "chan send", f"main.{function}:{line}") for id_ in ids]
        (folder / "dumps" / name).write_text("\n".join(sends))


def follow(command: str) -> int:
    return main(shlex.split(command))


def test_each_command_does_what_the_page_says(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, keep, compare, sarif, html = COMMANDS
    assert follow(plain) == 1
    assert follow(keep) == 0
    dump(here, "notify", 77)
    capsys.readouterr()
    assert follow(compare) == 0
    assert "1 known" in capsys.readouterr().out
    assert follow(sarif) == 0
    assert follow(html) == 1
    dump(here, "renamed", 77)
    assert follow(compare) == 1
    assert "1 new, 1 gone" in capsys.readouterr().out
    (run,) = json.loads((here / "floods.sarif").read_text())["runs"]
    assert run["results"][0]["baselineState"] == "unchanged"
    assert (here / "floods.html").read_text().startswith("<!doctype html>")
