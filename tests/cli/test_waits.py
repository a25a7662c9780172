"""``snowshed waits``: who holds up whom, as the process itself sees it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import _debugged
from _snapshots import task
from snowshed.cli import _waits, main
from snowshed.cli._ask import CannotAsk, Process
from snowshed.model import TaskState

ME = str(os.getpid())


@pytest.fixture(autouse=True)
def place() -> Iterator[Path]:
    with _debugged.place() as folder:
        yield folder


def test_a_line_behind_a_lock_is_a_paragraph(capsys: pytest.CaptureFixture[str]) -> None:
    with _debugged.serving(task(each) for each in range(4810)):
        assert main(["waits", ME]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[2:4] == [
        "1. 4,810 tasks wait behind <asyncio.Lock [locked, waiters:2]>",
        "   which task holds it is not known",
    ]


def test_a_program_gets_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    cycle = {"state": TaskState.AWAIT_CYCLE, "resource": None}
    with _debugged.serving([task(1, awaits=(2,), **cycle), task(2, awaits=(1,), **cycle)]):
        assert main(["waits", ME, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (process,) = found["processes"]
    assert (found["schema"], process["process"]) == (1, ME)
    assert [each["tasks"] for each in process["waits"]["deadlocks"]] == [2]


def test_each_worker_has_a_part_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with _debugged.workers(3, 4) as pids:
        assert main(["waits", ME]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line for line in lines if line.startswith("process ")]
    assert heads == [f"process {pid}" for pid in sorted(pids)]
    assert sum("tasks wait behind" in line for line in lines) == 2


def test_names_of_tasks_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with _debugged.serving([task(1, name="\x1b[2J")]):
        assert main(["waits", ME]) == 0
    assert "\\x1b[2J [lock]" in capsys.readouterr().out


def test_what_is_not_ours_is_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    page = b"<!doctype html>"
    with pytest.raises(CannotAsk, match="7: what answers is not snowshed"):
        _waits._print_text([(Process("7", 7, lambda question: page), page)])
    assert capsys.readouterr().out == ""


def test_nobody_to_ask_is_one_line_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["waits", ME]) == 2
    assert capsys.readouterr().err.startswith("snowshed waits: process ")
