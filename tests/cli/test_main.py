"""The group of commands: what it lists, and how a mistake is answered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snowshed.cli import main

LEAKS = str(Path(__file__).parents[1] / "formats" / "go" / "leak2.txt")


def said(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    """Return the exit code and what was said on stderr, where nothing may be on stdout."""
    code = main(args)
    captured = capsys.readouterr()
    assert captured.out == ""
    return code, captured.err


@pytest.mark.parametrize("args", [[], ["--help"]])
def test_help_lists_every_command(capsys: pytest.CaptureFixture[str], args: list[str]) -> None:
    assert main(args) == 0
    captured = capsys.readouterr()
    assert [line.split()[0] for line in captured.out.partition("Commands:\n")[2].splitlines()] == [
        "config",
        "demo",
        "doctor",
        "dump",
        "explain",
        "lint",
        "rules",
        "run",
        "tasks",
        "top",
        "waits",
    ]
    assert captured.err == ""


@pytest.mark.parametrize("command", [["run"], ["config"], ["config", "show"], ["demo"]])
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert main([*command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: snowshed {' '.join(command)}")


def test_an_unknown_command_names_those_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    known = "config, demo, doctor, dump, explain, lint, rules, run, tasks, top, waits"
    assert said(capsys, "rnu") == (2, f"snowshed: no command 'rnu': use one of {known}\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [["config", "show"], ["doctor", LEAKS]])
def test_a_disk_that_is_full_is_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "snowshed", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"snowshed: [Errno 28] No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes of this kind")
@pytest.mark.parametrize(
    "arguments", [["config", "show"], ["--help"], ["run", "--help"], ["explain"], ["doctor", LEAKS]]
)
def test_when_nobody_reads_it_ends_quietly_and_not_as_with_findings(arguments: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "snowshed", *arguments]
    with os.fdopen(theirs, "wb") as nobody:
        done = subprocess.run(command, stdout=nobody, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell is needed")
def test_a_stdout_that_is_closed_is_one_line() -> None:
    command = f"{sys.executable} -m snowshed config show >&-"
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (2, b"snowshed: [Errno 9] Bad file descriptor\n")


def test_an_unknown_option_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = said(capsys, "--nope")
    assert code == 2
    assert line.startswith("snowshed: No such option")
    assert line.count("\n") == 1


def test_a_bad_setting_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWSHED_RUN_MODE", "enforced")
    code, line = said(capsys, "config", "show")
    assert code == 2
    assert line.startswith("snowshed: SNOWSHED_RUN_MODE: 'enforced' is not accepted: use 'observe'")
    assert line.count("\n") == 1


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("snowshed.cli._config.print_json", lambda **_: interrupted())
    assert main(["config", "show", "--json"]) == 130


def test_a_command_is_imported_when_it_is_asked_for() -> None:
    code = (
        "import sys; from snowshed.cli import main; main(['--version']);"
        "print(sorted(m for m in sys.modules if m.startswith('snowshed.cli._')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "['snowshed.cli._main', 'snowshed.cli._output']"
