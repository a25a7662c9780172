"""The page "What are 5,000 tasks waiting for?", followed to the letter."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import _debugged
import _page
import _serving
from snowshed.observe._serve import _place

pytestmark = [pytest.mark.house, pytest.mark.server, pytest.mark.slow]

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "what-tasks-wait-for.md"
BLOCKS = _page.blocks(PAGE)
SNOWSHED = [sys.executable, "-m", "snowshed"]


@dataclass(frozen=True, slots=True)
class Stuck:
    folder: Path
    process: int

    def run(self, command: str) -> str:
        words = shlex.split(command.replace("4711", str(self.process)))
        assert words[0] == "snowshed"
        command = [*SNOWSHED, *words[1:]]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=60, check=True
        ).stdout


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stuck]:
    folder = tmp_path_factory.mktemp("orders")
    [program] = [block.text for block in BLOCKS if block.language == "python"]
    (folder / "app.py").write_text(program)
    command = [*SNOWSHED, "run", "--", sys.executable, "-m", "uvicorn", "app:app"]
    with _debugged.place() as place:
        there = {_place.VARIABLE: str(place)}
        port = ["--port", "{port}", "--timeout-graceful-shutdown", "1"]
        with _serving.serving([*command, *port], folder, ready="/docs", **there) as server:
            audit = server.connect()
            audit.request("GET", "/audit")
            assert server.get("/import/5000").json() == "5000 orders are on their way"
            [(process, _)] = _place.sockets()
            yield Stuck(folder, process)
            audit.close()


def shown_after(command: str) -> list[str]:
    texts = [block for block in BLOCKS if block.language in {"console", "text"}]
    at = next(i for i, block in enumerate(texts) if command in block.text)
    return texts[at + 1].text.splitlines()


def meaning(line: str) -> str:
    """Return a line without what differs from run to run, and the width of columns."""
    line = re.sub(r"\d[\d.]* (s|ms|min)\b| -$", " AGE", line)
    line = re.sub(r"^\d+\. ", "", line)
    line = re.sub(r"\S*/", "", line)
    line = re.sub(r"\b(process |Task-)\d+", r"\1N", line)
    # Of threads there is one more for a moment, while the debug pages are loaded.
    line = re.sub(r"^5,00\d (?=tasks and threads)", "5,00N ", line)
    return " ".join(line.split())


@pytest.mark.parametrize("command", ["snowshed tasks 4711", "snowshed waits 4711"])
def test_a_command_shows_what_the_page_shows(stuck: Stuck, command: str) -> None:
    printed = {meaning(line): line for line in stuck.run(command).splitlines()}
    missing = [line for line in shown_after(command) if meaning(line) not in printed]
    assert not missing, f"{missing} is not in {sorted(printed)}"


def test_the_queue_holds_up_nearly_all(stuck: Stuck) -> None:
    assert "4,899 tasks wait behind <asyncio.Queue 100 of 100 items>" in stuck.run(
        "snowshed waits 4711"
    )


def test_the_request_that_holds_the_lock_is_told(stuck: Stuck) -> None:
    printed = stuck.run("snowshed tasks 4711 --group-by request,waiting-at")
    assert re.search(r"GET /audit +\S*app.py:\d+ audit", printed)


def test_the_options_on_the_page_are_taken(stuck: Stuck) -> None:
    for options in re.findall(r"`(--[^`]+)`", PAGE.read_text()):
        stuck.run(f"snowshed tasks 4711 {options}")
    stuck.run("snowshed top 4711 --once")
    stuck.run("snowshed dump 4711 -o stuck.pb.gz")
    assert (stuck.folder / "stuck.pb.gz").stat().st_size > 100
