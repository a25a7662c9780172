"""What pre-commit runs of this repository can be run, with what it installs."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path

import pytest

import _needs
from snowshed.cli import main

pytestmark = pytest.mark.house

ROOT = Path(__file__).parents[1]


def hook() -> dict[str, object]:
    _needs.module("yaml")
    import yaml

    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_it_installs_what_the_extra_for_lint_has() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    wanted = {*extras["lint"], *extras["cli"]} - {"snowshed[cli]"}
    assert set(hook()["additional_dependencies"]) == wanted  # type: ignore[call-overload]


def test_it_runs_on_the_files_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vendor").mkdir()
    for name in ("main.go", "vendor/lib.go"):
        (tmp_path / name).write_text("package main\n")
    program, *arguments = shlex.split(str(hook()["entry"]))
    assert program == "snowshed"
    assert main([*arguments, "--no-cache", "main.go", "vendor/lib.go"]) == 0
    assert capsys.readouterr() == ("nothing found in 1 file\n", "")
