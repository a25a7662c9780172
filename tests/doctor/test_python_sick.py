"""Faults of real Python services are named over HTTP by the real command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import _floods
import _needs
import _serving
from _snapshots import line_of

_needs.module("aiohttp")
pytestmark = [pytest.mark.house, pytest.mark.server, pytest.mark.slow]
SICK = Path(__file__).parent / "python" / "sick.py"


@dataclass(frozen=True, slots=True)
class Fault:
    detail: str
    severity: str
    lines: tuple[str, ...]
    patience: float = 0.1


FAULTS = [
    Fault("unclosed-client", "medium", ("session = aiohttp.ClientSession()",), patience=5.0),
    Fault("lock-across-channel", "medium", ("async with lock:",)),
    Fault("lock-order", "high", ("which `back` has", "which `forth` has")),
]


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, str]]:
    debug = _serving.free_port()
    command = [*_serving.UNDER_SNOWSHED, "--debug-port", str(debug), "--", sys.executable]
    with _serving.serving([*command, str(SICK), "{port}"], folder) as server:
        yield f"http://127.0.0.1:{server.port}", f"http://127.0.0.1:{debug}"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.detail)
def test_a_fault_is_named_with_its_line(fault: Fault, tmp_path: Path) -> None:
    with running(tmp_path) as (url, debug):
        flood = _floods.flooded(f"{url}/{fault.detail}", clients=12, patience=fault.patience)
        with flood:
            told = _floods.seen(lambda: _floods.doctor(debug), fault.detail)
    assert told.exit_code == 1, str(told)
    (finding,) = told.of(fault.detail)
    assert finding["severity"] in {fault.severity, "high"}
    assert Path(finding["file"]) == SICK
    assert finding["line"] in {line_of(SICK, each) for each in fault.lines}, str(told)
