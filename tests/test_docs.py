"""The documentation holds: its programs run, its commands exist, it builds without a warning."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

import _go
import _page

pytestmark = pytest.mark.house

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    if "_build" not in path.parts
    # Made when the documentation is built, from what other tests hold the rules to.
    and path.parent != DOCS / "reference" / "lint"
    and path.name != "CHANGELOG.md"
)
WITH_PROGRAMS = [page for page in PAGES if any(_page.programs(page))]
# Programs that are not ours: that they exist and what they accept is not for us to check.
OF_OTHERS = {"cd", "curl", "docker", "git", "go", "grep", "gunicorn", "ls", "cat"}
OF_OTHERS |= {"pytest", "uvicorn"}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", WITH_PROGRAMS, ids=name)
def test_the_python_blocks_of_a_page_run_as_one_program(page: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", ROOT / "tests" / "_page.py", page]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


IN_GO = [
    pytest.param(block.text, answer, id=f"{name(page)}:{block.line}")
    for page in PAGES
    for block, answer in _page.programs(page, "go")
    if answer is not None
]


@pytest.mark.parametrize(("code", "answer"), IN_GO)
def test_a_program_in_go_prints_what_the_page_shows(code: str, answer: str, tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text(code)
    assert _go.go("run", "main.go", cwd=tmp_path) == answer


WITH_ANSWERS = [
    pytest.param(block.text, answer, id=f"{name(page)}:{block.line}")
    for page in PAGES
    for block, answer in _page.programs(page, "console")
    if answer is not None
]


@pytest.mark.parametrize(("console", "answer"), WITH_ANSWERS)
def test_a_command_of_ours_prints_what_the_page_shows(
    console: str, answer: str, tmp_path: Path
) -> None:
    prompt, ours, *arguments = shlex.split(console)
    assert (prompt, ours) == ("$", "snowshed"), "an output block follows one command of ours"
    assert run_snowshed(*arguments, cwd=tmp_path).stdout == answer


def run_snowshed(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("snowshed"), *arguments],
        env=os.environ | {"COLUMNS": "80", "NO_COLOR": "1"},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def commands(page: Path) -> list[str]:
    """Return the command lines of the console blocks, continuation lines joined."""
    consoles = [block.text for block in _page.blocks(page) if block.language == "console"]
    joined = "\n".join(consoles).replace("\\\n", " ")
    return [line[2:] for line in joined.splitlines() if line.startswith("$ ")]


COMMANDS = sorted({(name(page), command) for page in PAGES for command in commands(page)})


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_on_a_page_exists(page: str, command: str) -> None:
    for words in pipeline(command):
        check_command(words)


def pipeline(command: str) -> list[list[str]]:
    words = shlex.split(command, comments=True)
    parts: list[list[str]] = [[]]
    for word in words:
        if word in {"|", "&&", ";", "&"}:
            parts.append([])
        elif parts[-1] or not re.match(r"[A-Z_]+=", word):  # NAME=value before a command
            parts[-1].append(word)
    return [part for part in parts if part]


def check_command(words: list[str]) -> None:
    program = words[0]
    if program == "snowshed":
        check_snowshed(words[1:])
    elif program == "make":
        assert words[1:2] == [] or words[1] in make_targets()
    elif program in {"pip", "python"} and "install" in words:
        check_extras(words)
    elif program == "python":
        assert (
            words[1] in {"-m", "-c"}
            or (ROOT / words[1]).exists()
            or words[1] in {"app.py", "flood.py"}
        )
    else:
        assert program in OF_OTHERS or (ROOT / program).exists(), f"what is {program!r}?"


def check_snowshed(words: list[str]) -> None:
    ours = words[: words.index("--")] if "--" in words else words
    depth = 2 if ours[:1] in (["config"], ["rules"]) else 1
    subcommand = [word for word in ours[:depth] if not word.startswith("-")]
    text = help_of(*subcommand)
    for word in ours:
        if word.startswith("--"):
            assert re.search(rf"{re.escape(word.split('=')[0])}\b", text), f"no option {word}"


@cache
def help_of(*subcommand: str) -> str:
    done = run_snowshed(*subcommand, "--help")
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def check_extras(words: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for found in re.findall(r"(?:snowshed|\.)\[([\w,]+)\]", " ".join(words)):
        assert set(found.split(",")) <= project["optional-dependencies"].keys()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_link_to_a_file_leads_somewhere(page: Path) -> None:
    targets = [target.partition("#")[0] for target in _page.links(page) if "://" not in target]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_python_on_a_page_is_a_plain_block_so_that_it_is_run(page: Path) -> None:
    assert not re.search(r"code(-block)?(\}|::) *python", page.read_text())


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-n", "-T", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, DOCS, tmp_path], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "index.html").exists()


@pytest.mark.parametrize("record", sorted((DOCS / "adr").glob("0*.md")), ids=name)
def test_a_decision_record_says_why_in_at_most_60_lines(record: Path) -> None:
    text = record.read_text()
    assert len(text.splitlines()) <= 60
    headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert headings == ["Situation", "Decision", "What follows"]


def test_decision_records_are_numbered_without_gap_or_double() -> None:
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "adr").glob("0*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
