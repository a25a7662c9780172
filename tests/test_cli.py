"""The door of the command line: its two names, and what it needs."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import snowshed
from snowshed import cli


def test_main_returns_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"snowshed, version {snowshed.__version__}\n"


@pytest.mark.parametrize(
    "command", [["-m", "snowshed"], ["-c", "import snowshed.cli as c; c.main()"]]
)
def test_python_m_snowshed_is_the_command(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *command, "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"snowshed, version {snowshed.__version__}\n"


def test_the_exit_code_reaches_the_shell() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "snowshed", "no-such"], capture_output=True, check=False
    )
    assert done.returncode == 2


def test_without_click_one_line_says_what_to_install(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    source = str(Path(snowshed.__file__).parents[1])
    done = subprocess.run(
        [python, "-m", "snowshed", "run", "--", "true"],
        env={"PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "snowshed needs: pip install 'snowshed[cli]'\n"


def test_another_missing_module_is_a_fault_and_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "snowshed.cli._main", raising=False)
    monkeypatch.setitem(sys.modules, "snowshed.cli._output", None)
    with pytest.raises(ModuleNotFoundError, match=r"snowshed\.cli\._output"):
        cli.main(["--version"])


def test_a_process_that_ends_is_not_looked_through_before() -> None:
    code = (
        "import gc, snowshed.cli as c\n"
        "at_first = gc.get_freeze_count()\n"  # Python 3.12 freezes some itself.
        "c.main(['--help']); print('frozen:', gc.get_freeze_count() > at_first)\n"
        "c.main(); print('frozen:', gc.get_freeze_count() > at_first)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert re.findall(r"^frozen: (.+)$", done.stdout, re.MULTILINE) == ["False", "True"]
