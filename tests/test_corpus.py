"""Each program of the corpus is flooded: a bad one shows its fault, its twin does not."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys

import pytest
from corpus._programs import FOLDER, ROOT, Program, program, programs
from corpus.run import Evidence

from snowshed.lint.rules import rules
from snowshed.model import Cause

pytestmark = pytest.mark.house

PROGRAMS = programs()
BAD = [one for one in PROGRAMS if one.side == "bad"]
GOOD = [one for one in PROGRAMS if one.side == "good"]


@pytest.fixture(scope="module")
def evidence() -> dict[str, Evidence]:
    """Flood all programs, each in a process of its own."""
    command = [sys.executable, "-m", "corpus.run"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    shown = [Evidence(**json.loads(line)) for line in done.stdout.splitlines()]
    assert len(shown) == len(PROGRAMS), done.stderr
    return {one.program: one for one in shown}


@pytest.mark.parametrize("one", BAD, ids=str)
def test_a_bad_program_is_flooded(one: Program, evidence: dict[str, Evidence]) -> None:
    assert evidence[str(one)].is_flooded, evidence[str(one)]


@pytest.mark.parametrize("one", GOOD, ids=str)
def test_its_twin_is_not(one: Program, evidence: dict[str, Evidence]) -> None:
    assert not evidence[str(one)].is_flooded, evidence[str(one)]


def test_a_program_can_be_flooded_alone(evidence: dict[str, Evidence]) -> None:
    command = [sys.executable, "-m", "corpus.run", "semaphore_per_call/bad"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert Evidence(**json.loads(done.stdout)) == evidence["semaphore_per_call/bad"]


def test_there_are_several_of_each_cause() -> None:
    of_each = {cause: [one for one in BAD if one.cause is cause] for cause in Cause}
    assert all(len(found) >= 5 for found in of_each.values())
    assert len(BAD) == len(GOOD) == len(set(map(str, BAD)))


def test_nothing_in_the_folder_is_left_out() -> None:
    assert {one.path for one in PROGRAMS} == {*FOLDER.rglob("*.py")}
    floods = {path.stem for path in (ROOT / "corpus" / "floods").glob("[!_]*.py")}
    assert floods == {one.twins for one in PROGRAMS}


@pytest.mark.parametrize("one", PROGRAMS, ids=str)
def test_a_program_says_what_it_shows(one: Program) -> None:
    text = one.path.read_text(encoding="utf-8")
    told = ast.get_docstring(ast.parse(text)) or ""
    assert told
    assert len(text.splitlines()) <= 60
    if one.side == "bad":
        assert re.search(rf"^Cause: {one.cause}\.", told, flags=re.MULTILINE)


@pytest.mark.parametrize("one", BAD, ids=str)
def test_a_bad_program_has_marks_of_rules_of_its_cause(one: Program) -> None:
    assert one.labels
    known = rules()
    for label in one.labels:
        if label.rule in known:
            assert known[label.rule].cause is one.cause


@pytest.mark.parametrize("one", GOOD, ids=str)
def test_a_good_program_has_no_marks(one: Program) -> None:
    assert one.labels == ()


def test_a_report_counts_within_three_lines_of_a_mark() -> None:
    one = program("semaphore_per_call/bad")
    (label,) = one.labels
    assert label.rule == "SN313"
    assert [one.is_near(label.line + off) for off in (-4, -3, 0, 3, 4)] == [0, 1, 1, 1, 0]


def test_a_program_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(ValueError, match="there is no program 'nothing/bad'"):
        program("nothing/bad")
