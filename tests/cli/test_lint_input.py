"""What lint is given: paths, also in the words of Go; stdin; the settings of another file."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import click
import pytest

from snowshed import config
from snowshed.cli._lint_input import place, settings_of, stdin, stdin_as
from snowshed.errors import ConfigError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SNOWSHED_CONFIG", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("a/b.go", "a/b.go"),
        (".", "."),
        ("./...", "."),
        ("...", "."),
        ("a/b/...", "a/b"),
        ("../...", ".."),
        ("/...", "/"),
        ("a...", "a..."),
    ],
)
def test_all_below_a_folder_is_that_folder(path: str, named: str) -> None:
    assert place(path) == named


def test_unless_there_is_one_of_that_name(here: Path) -> None:
    (here / "...").mkdir()
    assert place("...") == "..."


def test_an_empty_path_is_not_the_current_folder() -> None:
    with pytest.raises(click.UsageError, match="PATH is empty: for the current folder, name it"):
        place("")


def test_what_stands_on_stdin_is_known_by_what_the_file_is_called(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x")))
    assert stdin_as(f"./{here / 'a' / '..' / 'b.go'}"[2:]) == (
        {"b.go": b"x"},
        (f"{here}/a/../b.go",),
    )


def test_a_stdin_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(click.UsageError, match="stdin is closed"):
        stdin()


@pytest.mark.parametrize("before", [None, "elsewhere"])
def test_settings_are_those_of_a_file_for_a_while(
    before: str | None, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if before:
        monkeypatch.setenv("SNOWSHED_CONFIG", before)
    (here / "ci.toml").write_text("[lint]\nadvice = true\n")
    with settings_of("ci.toml"):
        assert config.mentions("lint")
    assert os.environ.get("SNOWSHED_CONFIG") == before
    with settings_of(None):
        assert os.environ.get("SNOWSHED_CONFIG") == before


def test_a_file_without_settings_is_told_of_in_the_words_of_the_option(here: Path) -> None:
    with pytest.raises(ConfigError) as caught, settings_of("none.toml"):
        config.mentions("lint")
    assert str(caught.value) == "--config: none.toml: no such file, or no settings in it"
