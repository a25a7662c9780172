"""``snowshed demo``: the wiring of its options; the demo itself is tested in tests/demo."""

from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import Any

import pytest

from snowshed.cli import main
from snowshed.demo import run_demo


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A demo that only notes how it was called, and finds something."""
    noted: list[dict[str, Any]] = []

    def run_demo(**options: Any) -> int:
        noted.append(options)
        return 1

    stand_in = ModuleType("snowshed.demo")
    stand_in.run_demo = run_demo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "snowshed.demo", stand_in)
    return noted


def test_without_options_it_runs_with_the_defaults_of_the_demo(calls: list[dict[str, Any]]) -> None:
    assert main(["demo"]) == 1
    parameters = inspect.signature(run_demo).parameters
    assert calls == [{name: parameter.default for name, parameter in parameters.items()}]


def test_the_help_tells_these_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo", "--help"])
    text = capsys.readouterr().out
    parameters = inspect.signature(run_demo).parameters
    assert f"[{parameters['seconds'].default:g}]" in text
    assert f"[{parameters['report_path'].default}]" in text


def test_options_are_handed_on(calls: list[dict[str, Any]]) -> None:
    options = ["--json", "n.json", "--report", "r.html", "--picture", "p.svg", "--quiet"]
    main(["demo", "--seconds", "9", *options])
    assert calls == [
        {
            "seconds": 9.0,
            "json_path": "n.json",
            "report_path": "r.html",
            "picture_path": "p.svg",
            "quiet": True,
        }
    ]


def test_a_length_that_shows_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--seconds", "-1"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("snowshed demo: -1.0 s of load")
    assert captured.err.count("\n") == 1


def test_a_length_that_is_no_number_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--seconds", "x"]) == 2
    assert capsys.readouterr().err.startswith("snowshed demo: Invalid value for '--seconds'")


def test_without_its_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "snowshed.demo", None)
    assert main(["demo"]) == 2
    line = capsys.readouterr().err
    assert line.startswith("snowshed demo needs: pip install 'snowshed[demo]' (")
    assert line.count("\n") == 1
