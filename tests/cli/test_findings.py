"""How findings are told: forms, colours, and terminals that cannot show everything."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import click
import pytest

from lint._told import LEAK, these_rules, told
from snowshed.cli._findings import FORMATS, Telling

rules = pytest.fixture(autouse=True)(these_rules)


@pytest.mark.parametrize("form", FORMATS)
def test_each_form_is_written(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    Telling(form).tell(told(LEAK))
    out = capsys.readouterr().out
    assert "SN901" in out
    if form in {"json", "sarif", "gitlab"}:
        assert json.loads(out)
    else:
        assert "\x1b" not in out


@pytest.mark.parametrize("form", ["text", "json"])
def test_counts_have_two_forms(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    Telling(form, statistics=True).tell(told(LEAK))
    assert "channel-cascade" in capsys.readouterr().out
    with pytest.raises(click.UsageError):
        Telling("gitlab", statistics=True)


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variable", "value", "colours"),
    [
        ("LANG", "C", True),
        ("NO_COLOR", "1", False),
        ("NO_COLOR", "", True),
        ("TERM", "dumb", False),
    ],
)
def test_a_terminal_has_colours_unless_told_otherwise(
    variable: str, value: str, colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Terminal(out, write_through=True))
    Telling().tell(told(LEAK))
    assert (b"\x1b[" in out.getvalue()) is colours


def test_what_a_pipe_has_no_character_for_is_written_with_escapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, "latin-1", write_through=True))
    long = "x" * 300
    Telling("concise").tell(told(LEAK.__class__("SN901", "日.go", LEAK.span, long)))
    assert out.getvalue().startswith(b"\\u65e5.go:6:3: ")


def test_annotations_are_from_the_root_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    below = tmp_path / "services" / "shop"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    for root, path in (
        (tmp_path, "services/shop/billing/notify.go"),
        (below, "billing/notify.go"),
        ("/elsewhere", "billing/notify.go"),
    ):
        monkeypatch.setenv("GITHUB_WORKSPACE", str(root))
        Telling("github").tell(told(LEAK))
        assert capsys.readouterr().out.startswith(f"::error file={path},line=6,")


def test_a_file_has_no_colours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Telling("text", tmp_path / "x").tell(told(LEAK))
    assert "\x1b" not in (tmp_path / "x").read_text()
    assert capsys.readouterr().err.endswith("x: 1 finding in 1 file, 1 fixable with --fix\n")
