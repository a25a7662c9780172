"""Attaching once, with all sections of the settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from snowshed.attach import _init
from snowshed.errors import ConfigError


def printed(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_second_call_returns_what_is_there(tmp_path: Path) -> None:
    assert printed("import snowshed; print(snowshed.init() is snowshed.init())", tmp_path) == "True"


def test_a_second_call_says_which_of_its_arguments_have_no_effect(tmp_path: Path) -> None:
    code = (
        "import logging, sys, snowshed;"
        "logging.basicConfig(stream=sys.stdout, format='%(message)s');"
        "snowshed.init(budget=7); snowshed.init(); snowshed.init(budget=7, callees=['*']);"
        "snowshed.init(budget=7, mode='enforce', grace=2, observe={'rate': 1.0})"
    )
    [line] = printed(code, tmp_path).splitlines()
    assert line.endswith("these arguments are ignored: mode, grace, observe")


def test_what_is_not_given_comes_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "snowshed.toml").write_text("[observe]\nrate = 7.0\n[run]\nbudget = 5\n")
    code = (
        "import snowshed; r = snowshed.init(observe={'probability': 0.5});"
        "s = r._observing._settings; print(s.rate, s.probability, r.settings.budget)"
    )
    assert printed(code, tmp_path) == "7.0 0.5 5"


def test_a_wrong_setting_is_an_error_and_nothing_is_attached() -> None:
    with pytest.raises(ConfigError, match="probability"):
        _init.init(observe={"probability": 2})
    assert _init._runtime is None


def test_a_process_without_a_loop_gets_neither_thread_nor_socket(tmp_path: Path) -> None:
    code = (
        "import threading, snowshed; r = snowshed.init();"
        "print(threading.active_count(), r._observing.server.addresses())"
    )
    assert printed(code, tmp_path) == "1 ()"
