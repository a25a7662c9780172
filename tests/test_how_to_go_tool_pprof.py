"""The page "Read a Python service with go tool pprof", followed to the letter with that tool."""

from __future__ import annotations

import re
import shlex
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import _go
import _page
import _serving

pytestmark = [pytest.mark.house, pytest.mark.server, pytest.mark.slow]

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "go-tool-pprof.md"
BLOCKS = [block for block in _page.blocks(PAGE) if block.language in {"console", "text"}]
ADDRESS = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Service:
    """The service of the page, with its cart asked for."""

    folder: Path
    server: _serving.Server

    def run(self, command: str) -> str:
        """Run a command of the page against it; return what it prints."""
        words = shlex.split(command.replace(ADDRESS, f"http://127.0.0.1:{self.server.port}"))
        if words[:3] == ["go", "tool", "pprof"]:
            path = [str(self.folder / words[-1])] if "://" not in words[-1] else [words[-1]]
            return _go.go_tool_pprof(*words[3:-1], *path)
        assert words[0] == "curl"
        target = words[-1].partition(str(self.server.port))[2]
        answer = self.server.get(target)
        assert answer.status == 200
        if "-o" in words:
            (self.folder / words[words.index("-o") + 1]).write_bytes(answer.body)
            return ""
        return answer.body.decode()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("shop")
    [program] = [block.text for block in _page.blocks(PAGE) if block.language == "python"]
    (folder / "app.py").write_text(program)
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", "{port}"]
    with _serving.serving(command, folder, ready="/debug/snowshed/") as server:
        connection = server.connect()
        connection.request("GET", "/cart/2000")  # the page's 200 last for 20 s only
        wait_for_the_lock(server)
        yield Service(folder, server)
        connection.close()


def wait_for_the_lock(server: _serving.Server) -> None:
    pause = threading.Event()
    for _ in range(100):
        groups = server.get("/debug/snowshed/tasks?group-by=state").json()["groups"]
        if groups[0]["state"] == "lock":
            return
        pause.wait(0.05)
    pytest.fail("nobody waits for the lock")


def commands() -> list[tuple[str, str]]:
    """Return each command that asks for tasks, with the text that the page shows for it."""
    found = []
    for block, after in zip(BLOCKS, [*BLOCKS[1:], None], strict=True):
        if block.language == "console" and "/pprof" in block.text.replace("tool pprof", ""):
            lines = [line.removeprefix("$ ") for line in block.text.splitlines()]
            shown = after.text if after is not None and after.language == "text" else ""
            found += [(line, shown) for line in lines]
    return [(line, shown) for line, shown in found if "-seconds" not in line]


def meaning(line: str) -> str:
    """Return a line without what differs from one run to the next: numbers, and where files are."""
    return re.sub(r"\S*/|[\d.%()]+|, waiters:", " ", line).split("{")[0]


def words(line: str) -> str:
    return " ".join(meaning(line).split())


@pytest.mark.parametrize(("command", "shown"), commands())
def test_a_command_shows_what_the_page_shows(service: Service, command: str, shown: str) -> None:
    printed = {words(line) for line in service.run(command).splitlines()}
    missing = [line for line in shown.splitlines() if words(line) not in printed]
    assert not missing, f"{missing} is not in {sorted(printed)}"


def test_a_task_has_the_labels_that_the_page_shows(service: Service) -> None:
    [shown] = [line for block in BLOCKS for line in block.text.splitlines() if "Task-97" in line]
    names = re.findall(r"(\w+): ", shown.partition("{")[2])
    text = service.run(f"curl -s '{ADDRESS}/debug/pprof/goroutine?debug=2'")
    header = next(line for line in text.splitlines() if " [lock" in line)
    assert [name for name in names if f"{name}: " not in header] == []


def test_the_labels_on_the_page_are_those_that_there_are(service: Service) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ", PAGE.read_text(), flags=re.MULTILINE)
    tags = service.run(f"go tool pprof -tags {ADDRESS}/debug/pprof/goroutine")
    assert set(re.findall(r"^ *(\w+): Total", tags, flags=re.MULTILINE)) <= set(rows)


def test_the_difference_is_what_came_and_went(service: Service) -> None:
    [command] = [line for block in BLOCKS for line in block.text.splitlines() if "-seconds" in line]
    grown = service.run(command.removeprefix("$ ").replace("-seconds 10", "-seconds 1"))
    assert "Duration: 1" in grown
    assert "asyncio.locks.Lock.acquire" in grown, "some have got the lock meanwhile"
    assert re.search(r"^ +-\d+ ", grown, flags=re.MULTILINE)


def test_a_file_that_curl_has_saved_is_read(service: Service) -> None:
    saving, reading = [
        line.removeprefix("$ ")
        for block in BLOCKS
        for line in block.text.splitlines()
        if "tasks.pb.gz" in line
    ]
    service.run(saving)
    assert "asyncio.locks.Lock.acquire" in service.run(reading)
