"""The tools that are compared, and how each is asked: with all of its rules that are about this."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus._programs import FOLDER, ROOT
from snowshed.lint import Tier
from snowshed.lint._engine import lint


@dataclass(frozen=True, slots=True)
class Report:
    """What a tool says of a line.

    Attributes:
        path: the file, in this repository.
        line: from 1.
        rule: what the tool calls it.
        is_advice: whether it is told only to who asks for advice.
    """

    path: str
    line: int
    rule: str
    is_advice: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that reads source.

    Attributes:
        name: of it and of the package that it is in.
        settings: how it is asked, for the page.
        reports: asks it about all programs.
    """

    name: str
    settings: str
    reports: Callable[[], Iterator[Report]]

    @property
    def version(self) -> str:
        """Return the version that is installed."""
        return importlib.metadata.version(self.name)


RUFF = ["--isolated", "--preview", "--select", "ASYNC,B023,BLE001,E722,RUF006,S113,SIM115"]
FLAKE8 = ["--asyncio", "--disable", "ASYNC124,ASYNC127,ASYNC9"]
PYLINT = ["--disable=all", "--enable=W0640,W0702,W0718,R1732,W3101"]


def by_ruff() -> Iterator[Report]:
    """Ask ruff."""
    said = _said("ruff", "check", "--no-cache", *RUFF, "--output-format", "json", str(FOLDER))
    for each in json.loads(said):
        yield Report(_named(each["filename"]), each["location"]["row"], each["code"])


def by_flake8_async() -> Iterator[Report]:
    """Ask flake8-async."""
    line = re.compile(r"(?P<path>.+?):(?P<line>\d+):\d+: (?P<rule>ASYNC\d+) ")
    for found in line.finditer(_said("flake8-async", *FLAKE8, *_files())):
        yield Report(_named(found["path"]), int(found["line"]), found["rule"])


def by_pylint() -> Iterator[Report]:
    """Ask pylint."""
    said = _said("pylint", "--rcfile=", *PYLINT, "--output-format=json2", *_files())
    for each in json.loads(said)["messages"]:
        yield Report(_named(each["path"]), each["line"], each["messageId"])


def by_snowshed() -> Iterator[Report]:
    """Ask ourselves."""
    said = lint([str(FOLDER)], jobs=1)
    if said.problems:
        msg = f"snowshed could not look at all of it: {said.problems[0]}"
        raise RuntimeError(msg)
    for each in said.findings:
        is_advice = each.tier is Tier.ADVICE
        yield Report(_named(each.path), each.span.line, each.rule, is_advice)


TOOLS = (
    Tool("ruff", f"`ruff check {' '.join(RUFF)}`", by_ruff),
    Tool("flake8-async", f"`flake8-async {' '.join(FLAKE8)}`", by_flake8_async),
    Tool("pylint", f"`pylint {' '.join(PYLINT)}`", by_pylint),
    Tool("snowshed", "`snowshed lint`", by_snowshed),
)


def _files() -> Sequence[str]:
    return sorted(str(path) for path in FOLDER.rglob("*.py"))


def _said(program: str, *arguments: str) -> str:
    """Run a program of this environment and return what it prints: that it finds something is well.

    Raises:
        RuntimeError: it could not do it.
    """
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    # Of pylint each bit is a kind of message; the sixth says that it was asked wrongly.
    if done.stderr or done.returncode & 32 or (done.returncode > 1 and program != "pylint"):
        msg = f"{program} ended with {done.returncode}: {done.stderr}"
        raise RuntimeError(msg)
    return done.stdout


def _named(path: str) -> str:
    return (ROOT / path).resolve().relative_to(ROOT).as_posix()
