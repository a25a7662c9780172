"""The page "From a page to the line in three minutes", followed literally with both services."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import _floods
import _go
import _page
import _serving

pytestmark = [pytest.mark.house, pytest.mark.server, pytest.mark.slow]

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "from-a-page-to-the-line.md"
START_WITHIN = 100.0  # `go run` compiles first


@dataclass(slots=True)
class Part:
    """What the page says of one service.

    Attributes:
        folder: of the service, from the root of the repository.
        start: the command that starts it.
        flood: the command that floods it.
        ask: the command that asks what is wrong.
        shown: what it prints then, and what once the change is made.
        change: lines that are taken out, each with the one that comes instead.
    """

    folder: str = ""
    start: str = ""
    flood: str = ""
    ask: str = ""
    shown: list[str] = field(default_factory=list)
    change: tuple[str, str] = ("", "")


def parts() -> dict[str, Part]:
    found: dict[str, Part] = {}
    part = Part()
    for block in _page.blocks(PAGE):
        lines = block.text.splitlines()
        if block.language == "console":
            for line in (line.removeprefix("$ ") for line in lines):
                if line.startswith("cd "):
                    part = Part(folder=line.removeprefix("cd "))
                    found[Path(part.folder).name] = part
                elif line.startswith(("go run", "snowshed run")):
                    part.start = line
                elif line.endswith(" &"):
                    part.flood = line.removesuffix(" &")
                elif line.startswith("snowshed doctor http"):
                    assert part.ask in {"", line}
                    part.ask = line
        elif block.language == "text":
            part.shown.append(block.text)
        elif block.language == "diff":
            wrong, right = lines
            assert (wrong[0], right[0]) == ("-", "+")
            part.change = (wrong[1:], right[1:])
    return found


PARTS = parts()


def words(command: str, ports: Mapping[int, int]) -> list[str]:
    """Return the words of a command of the page, on ports of the test's."""
    for port, ours in ports.items():
        command = re.sub(rf"\b{port}\b", str(ours), command)
    program, *arguments = shlex.split(command)
    if program == "snowshed":
        found = [sys.executable, "-m", "snowshed", *arguments]
        # Of uvicorn the page uses the port that it takes by itself.
        return [*found, "--port", str(ports[8000])] if arguments[0] == "run" else found
    return [_go.go_program() if program == "go" else program, *arguments]


@contextmanager
def running(command: list[str], folder: Path, url: str) -> Iterator[None]:
    """Run a service until the block ends; begin once it answers at ``url``."""
    environment = {**os.environ, **_go.go_environment()}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(url, process)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_WITHIN
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"no answer at {url}")


@contextmanager
def flooding(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command) as flood:
        try:
            yield
        finally:
            flood.kill()


def meaning(text: str) -> list[str]:
    """Return what is told, without what differs from run to run: numbers, folders, line breaks."""
    joined = re.sub(r"\n {11}(?=\S)", " ", text.replace("\n           created at", "\ncreated at"))
    without = re.sub(r"\S*/(?=\w+\.(?:go|py))|[\d,.]+", "", joined)
    return [" ".join(line.split()) for line in without.splitlines() if line.strip()]


def parts_of(text: str) -> list[str]:
    """Return the findings of a report, without the line that counts them."""
    *findings, _ = text.split("\n\n")
    return findings


@pytest.mark.parametrize("service", ["go", "python"])
def test_the_page_leads_to_the_line_and_the_change_mends_it(service: str, tmp_path: Path) -> None:
    part = PARTS[service]
    folder = shutil.copytree(_floods.FLOODS / service, tmp_path / service)
    ports = {port: _serving.free_port() for port in (6060, 6061, 8000)}
    start, ask = words(part.start, ports), words(part.ask, ports)
    flood = words(part.flood, ports)
    url = flood[-1].partition("?")[0].rpartition("/")[0] + "/healthy"

    def told() -> subprocess.CompletedProcess[str]:
        with running(start, folder, url), flooding(flood):
            # The page has the five seconds that one gets without asking for less.
            return subprocess.run(
                [*ask, "--apart", "1s"], capture_output=True, text=True, timeout=100, check=False
            )

    sick = told()
    assert (sick.returncode, sick.stderr) == (1, "")
    (finding, *passing), (shown, summary) = parts_of(sick.stdout), part.shown[0].split("\n\n")
    assert meaning(finding) == meaning(shown)
    assert re.fullmatch(r"[\d,]+ (goroutines|tasks), 1 finding\n", summary)
    mend(folder, *part.change)
    well = told()
    assert (well.returncode, well.stderr) == (0, "")
    passing += parts_of(well.stdout)
    assert re.fullmatch(r"[\d,]+ (goroutines|tasks), nothing wrong\n", part.shown[1])
    # Work that is under way at the moment of a look may be worth a word, and no more.
    assert all(" low " in head for head, *_ in map(str.splitlines, passing)), passing


def mend(folder: Path, wrong: str, right: str) -> None:
    [file] = [
        path
        for path in folder.rglob("*.*")
        if path.suffix in {".go", ".py"} and wrong in path.read_text().splitlines()
    ]
    file.write_text(file.read_text().replace(wrong, right))
