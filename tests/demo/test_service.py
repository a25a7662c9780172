"""The shop as a real process: it starts, answers, and is gone afterwards, whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from snowshed.demo import _service
from snowshed.demo._service import (
    CouldNotRunError,
    free_port,
    guard,
    service_command,
    serving,
    stop,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.server


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_bare_shop_starts_answers_samples_itself_and_is_gone_afterwards(
    tmp_path: Path,
) -> None:
    port = free_port()
    with serving(service_command(port), port, tmp_path) as service:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/product/7") as answer:
            assert answer.status == 200
        while not service.gauges.read_text():
            time.sleep(0.02)
    assert not is_alive(service.pid)


def test_it_is_gone_too_when_the_block_fails(tmp_path: Path) -> None:
    port = free_port()
    with (
        pytest.raises(ZeroDivisionError),
        serving(service_command(port), port, tmp_path) as service,
    ):
        raise ZeroDivisionError
    assert not is_alive(service.pid)


def test_a_service_that_ends_at_once_is_an_error_with_its_output(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; print('no such table'); sys.exit(3)")
    with (
        pytest.raises(CouldNotRunError, match=r"exit code 3; its output:\n    no such table"),
        serving(command, free_port(), tmp_path),
    ):
        pass


def test_a_service_that_never_answers_is_an_error_and_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_service, "_START_WITHIN", 0.3)
    command = (sys.executable, "-c", "import time; time.sleep(60)")
    with (
        pytest.raises(CouldNotRunError, match="did not answer within"),
        serving(command, free_port(), tmp_path),
    ):
        pass


def test_a_process_that_ignores_sigterm_is_killed_after_a_grace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_service, "_STOP_WITHIN", 0.2)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        stop(process)
        assert process.returncode == -9


def test_the_user_s_own_settings_do_not_reach_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWSHED_MODE", "observe")
    monkeypatch.setenv("UNRELATED", "stays")
    environment = _service._environment(tmp_path / "gauges")
    assert "SNOWSHED_MODE" not in environment
    assert environment["UNRELATED"] == "stays"


def test_under_snowshed_the_same_words_stand_behind_the_command_that_guards_them() -> None:
    assert guard("--budget", "50") == (
        *(sys.executable, "-m", "snowshed", "run", "--mode", "enforce", "--budget", "50", "--"),
    )
