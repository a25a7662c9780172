"""What other tools say is read as they say it, and a tool that fails has not found nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpus import _programs, _tools, marks
from corpus._programs import Program, program
from corpus.marks import main

from snowshed.lint import Problem
from snowshed.lint._engine import Report as LintReport

pytestmark = pytest.mark.house

REQUESTS = program("requests_without_timeout/bad")
FORGOTTEN = program("task_forgotten/bad")


def test_ruff_is_understood() -> None:
    found = [*_tools.by_ruff()]
    line = REQUESTS.labels[0].line
    assert _tools.Report(REQUESTS.name, line, "S113") in found
    assert _tools.Report(FORGOTTEN.name, FORGOTTEN.labels[0].line, "RUF006") in found


def test_flake8_async_is_understood() -> None:
    line = FORGOTTEN.labels[0].line
    assert _tools.Report(FORGOTTEN.name, line, "ASYNC300") in [*_tools.by_flake8_async()]


def test_pylint_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    message = {"path": REQUESTS.name, "line": 21, "messageId": "W3101", "symbol": "missing-timeout"}
    said = json.dumps({"messages": [message], "statistics": {}})
    monkeypatch.setattr(_tools, "_said", lambda *_: said)
    assert [*_tools.by_pylint()] == [_tools.Report(REQUESTS.name, 21, "W3101")]


def test_a_tool_that_is_asked_wrongly_is_told() -> None:
    with pytest.raises(RuntimeError, match="ruff ended with 2: "):
        _tools._said("ruff", "check", "--no-such-option")


def test_a_rule_of_ours_that_crashes_has_not_found_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = Problem("corpus/python/a.py", "rule SN101 failed")
    monkeypatch.setattr(_tools, "lint", lambda *_, **__: LintReport(problems=(failed,)))
    with pytest.raises(RuntimeError, match=r"could not look at all of it.*rule SN101 failed"):
        [*_tools.by_snowshed()]


def test_the_marks_are_told_as_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    cause, rule = "missing-deadline", "SN201"
    line = REQUESTS.labels[0].line
    assert {"path": REQUESTS.name, "line": line, "cause": cause, "rule": rule} in told


def test_a_mark_without_a_rule_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_programs, "ROOT", tmp_path)
    monkeypatch.setattr(_programs, "FOLDER", tmp_path)
    missed = Program(REQUESTS.cause, "unknown", "bad")
    missed.path.parent.mkdir(parents=True)
    missed.path.write_text('"""One."""\nwait()  # bug: no rule\n')
    monkeypatch.setattr(marks, "programs", lambda: [missed])
    main()
    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (told["line"], told["rule"]) == (2, None)
