"""A service that is well gets nothing above ``low``, idle and under load."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from _go import go, go_environment
from doctor._patient import Patient, built, loaded, patient, running
from snowshed.doctor import diagnose, examine, load, look_at
from snowshed.model import Severity

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.house]
CLIENTS = 6
NAMES = [
    *("server", "client", "pool", "slow-pool", "tickers", "signals", "database", "hub"),
    *("pipeline", "generators", "queue", "proxy", "h2", "streams", "locks", "commands"),
    *("coroutines", "supervisor"),
]


def above_low(service: Patient) -> list[str]:
    seen = examine(service.url, lambda page: service.get(f"debug/pprof/{page}"), apart=0.3)
    findings = diagnose(seen.looks).findings
    return [str(each) for each in findings if each.severity is not Severity.LOW]


@pytest.fixture(scope="module")
def program() -> Path:
    return built("healthy_programs")


@pytest.mark.parametrize("name", NAMES)
def test_a_program_that_is_well_is_told_so_idle_and_busy(program: Path, name: str) -> None:
    with running(program, name) as service:
        service.get("work")
        assert above_low(service) == []
        with loaded(service, CLIENTS):
            assert above_low(service) + above_low(service) == []


def test_a_service_of_all_that_is_well_is_told_so_idle_and_busy() -> None:
    with patient("healthy") as service:
        service.get("work")
        assert above_low(service) == []
        with loaded(service, CLIENTS):
            assert above_low(service) + above_low(service) == []


def test_the_command_finds_nothing_in_one_that_is_well(program: Path) -> None:
    with running(program, "pool") as service, loaded(service, CLIENTS):
        call = [sys.executable, "-m", "snowshed", "doctor", "--apart", "300ms", service.url]
        done = subprocess.run(call, check=False, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_go_command_at_work_is_well(tmp_path: Path) -> None:
    """Its own handler takes SIGQUIT while it builds; SIGABRT has the runtime print the same."""
    environment = {**go_environment(), "GOCACHE": str(tmp_path / "cache"), "GOTRACEBACK": "all"}
    call = [
        Path(go("env", "GOROOT").strip(), "bin", "go"),
        "build",
        "-x",
        # As many at work on every machine.
        "-p=8",
        "-o",
        os.devnull,
        "net/http",
    ]
    with subprocess.Popen(
        call, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as building:
        try:
            assert building.stderr is not None
            for line in building.stderr:
                if "/compile" in line:
                    break
            building.send_signal(signal.SIGABRT)
            _, dump = building.communicate(timeout=120)
        finally:
            # With the compilers that it has started, if they have not ended by themselves.
            with suppress(ProcessLookupError):
                os.killpg(building.pid, signal.SIGKILL)
    look = look_at(load("go build", dump.encode()))
    assert look is not None
    assert look.total > 5
    findings = diagnose([look]).findings
    assert [str(each) for each in findings if each.severity is not Severity.LOW] == []
