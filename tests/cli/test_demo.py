"""``snowshed demo``: the wiring of its options; the demo itself is tested in tests/demo."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from snowshed.cli import main


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


def test_without_options_it_runs_for_the_length_that_the_docs_promise(
    calls: list[dict[str, Any]],
) -> None:
    assert main(["demo"]) == 1
    assert calls == [
        {"seconds": 20.0, "json_path": None, "report_path": "demo-report.html", "quiet": False}
    ]


def test_options_are_handed_on(calls: list[dict[str, Any]]) -> None:
    main(["demo", "--seconds", "3", "--json", "-", "--report", "r.html", "--quiet"])
    assert calls == [{"seconds": 3.0, "json_path": "-", "report_path": "r.html", "quiet": True}]


@pytest.mark.parametrize("seconds", ["0", "-1", "x"])
def test_a_length_that_cannot_be_is_refused(
    calls: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], seconds: str
) -> None:
    assert main(["demo", "--seconds", seconds]) == 2
    line = capsys.readouterr().err
    assert line.startswith("snowshed demo: Invalid value for '--seconds'")
    assert line.count("\n") == 1
    assert calls == []


def test_without_its_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("snowshed.demo")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    monkeypatch.setitem(sys.modules, "snowshed.demo", None)
    assert main(["demo"]) == 2
    line = capsys.readouterr().err
    assert line.startswith("snowshed demo needs: pip install 'snowshed[demo]' (")
    assert line.count("\n") == 1
