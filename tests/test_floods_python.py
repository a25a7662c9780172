"""The example service in Python: each of its faults is named over HTTP, and what is well is not."""

from __future__ import annotations

import ast
import math
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import _floods
import _serving
from snowshed.doctor.causes import details

pytestmark = [pytest.mark.house, pytest.mark.server, pytest.mark.slow]

SERVICE = _floods.FLOODS / "python"
MODULES = sorted((SERVICE / "orders").glob("*.py"))
ROUTES = {
    route
    for module in MODULES
    for route in re.findall(r'@routes.get\("/([a-z-]+)"\)', module.read_text())
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the service, as the doctor is to name it.

    Attributes:
        detail: also the route.
        cause: which of the five.
        function: where they stand, or that has made them.
    """

    detail: str
    cause: str
    function: str


@dataclass(frozen=True, slots=True)
class Flood:
    """Faults that are flooded at the same time: a process for each would be slow to start.

    Attributes:
        faults: that do not hide each other.
        clients: that ask for each of them.
        patience: seconds that they wait for an answer.
    """

    faults: tuple[Fault, ...]
    clients: int = 4
    patience: float = 0.1

    def __str__(self) -> str:
        return ", ".join(fault.detail for fault in self.faults)


FLOODS = [
    Flood(
        (
            Fault("abandoned-sender", "channel-cascade", "ask"),
            Fault("abandoned-receiver", "channel-cascade", "mail_receipt"),
            Fault("queue-without-consumer", "channel-cascade", "print"),
            Fault("await-cycle", "channel-cascade", "price"),
        )
    ),
    Flood(
        (
            Fault("detached-handler-task", "detached-spawn", "audit"),
            Fault("unretrieved-exception", "detached-spawn", "export"),
            Fault("unclosed-client", "unreleased-resource", "unclosed_client"),
        )
    ),
    Flood(
        (
            Fault("io-no-deadline", "missing-deadline", "io_no_deadline"),
            Fault("transport-no-timeout", "missing-deadline", "transport_no_timeout"),
        )
    ),
    Flood((Fault("fanout", "unbounded-fanout", "price"),), clients=2, patience=5.0),
    Flood((Fault("blocked-loop", "missing-deadline", "ask_carrier"),)),
    Flood((Fault("executor-starved", "missing-deadline", "executor_starved"),)),
]


@dataclass(frozen=True, slots=True)
class Service:
    """The service, running: where it serves its routes, and its debug pages."""

    url: str
    debug: str


@contextmanager
def running(folder: Path) -> Iterator[Service]:
    debug = _serving.free_port()
    uvicorn = [sys.executable, "-m", "uvicorn", "orders.app:app", "--app-dir", str(SERVICE)]
    command = [*_serving.UNDER_SNOWSHED, "--debug-port", str(debug), "--", *uvicorn]
    quiet = ["--port", "{port}", "--log-level", "warning", "--timeout-graceful-shutdown", "1"]
    with _serving.serving([*command, *quiet], folder, ready="/openapi.json") as server:
        yield Service(f"http://127.0.0.1:{server.port}", f"http://127.0.0.1:{debug}")


def region(function: str, file: str) -> range:
    """Return the lines of a function in that file of the service."""
    [module] = [module for module in MODULES if module.name == Path(file).name]
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            assert node.end_lineno is not None
            return range(node.lineno, node.end_lineno + 1)
    raise LookupError(function)


def test_every_fault_that_only_python_can_have_is_on_a_route_and_all_routes_are_looked_at() -> None:
    assert {fault.detail for flood in FLOODS for fault in flood.faults} | {"healthy"} == ROUTES
    assert {name for name, detail in details().items() if not detail.go} <= ROUTES


@pytest.mark.parametrize("flood", FLOODS, ids=str)
def test_faults_are_named_with_their_lines(flood: Flood, tmp_path: Path) -> None:
    with running(tmp_path) as service, ExitStack() as floods:
        for fault in flood.faults:
            url = f"{service.url}/{fault.detail}"
            floods.enter_context(
                _floods.flooded(url, clients=flood.clients, patience=flood.patience)
            )
        details = [fault.detail for fault in flood.faults]
        told = _floods.seen(lambda: _floods.doctor(service.debug), *details)
    assert told.exit_code == 1
    for fault in flood.faults:
        found = {each["function"].rpartition(".")[2]: each for each in told.of(fault.detail)}
        assert fault.function in found, f"{fault.detail} is not in {told}"
        finding = found[fault.function]
        assert finding["cause"] == fault.cause
        assert finding["line"] in region(fault.function, finding["file"])
    named = {each["detail"] for each in told.above_low()}
    assert named == set(details), "and nothing else is"


def test_what_is_well_is_told_so_under_load(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        assert _floods.get(f"{service.url}/healthy", 10) == 200
        assert _floods.doctor(service.debug).above_low() == []
        with _floods.flooded(f"{service.url}/healthy", patience=10, at_most=math.inf):
            for _ in range(3):
                told = _floods.doctor(service.debug)
                assert told.exit_code == 0, str(told)
