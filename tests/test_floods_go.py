"""The example service in Go: each of its faults is named over HTTP, and what is well is not."""

from __future__ import annotations

import math
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import _floods
import _go
from snowshed.doctor.causes import details

pytestmark = [pytest.mark.house, pytest.mark.server, pytest.mark.slow]

SERVICE = _floods.FLOODS / "go"
CODE = "\n".join(file.read_text() for file in SERVICE.glob("*.go"))
ROUTES = set(re.findall(r'^(?:\t|func init\(\) \{ routes\[)"/([a-z-]+)"', CODE, re.MULTILINE))


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the service, as the doctor is to name it.

    Attributes:
        detail: also the route.
        cause: which of the five.
        function: where they stand.
        clients: that ask for it at the same time.
        patience: seconds that they wait for an answer.
        options: of the doctor.
        follows: what the doctor also names, as it comes of the fault.
        busy: seconds for which all that is asked for at the same time keeps the processors busy. As
            many clients ask as that takes on this machine at this moment, so that what has to wait
            for a processor does wait, and the service still answers the doctor.
    """

    detail: str
    cause: str
    function: str
    clients: int = 4
    patience: float = 0.1
    options: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    busy: float = 0.0


# Of the trace 2 s: at the end of a single one, which may be a little less, nothing goes on as yet.
TRACED = ("--trace", "2s", "--timeout", "5m")
# So that it takes as much work for a queue wherever the test runs.
PROCESSORS = 2
CLIENTS_AT_MOST = 16
FAULTS = [
    Fault("abandoned-sender", "channel-cascade", "main.abandonedSender.func1"),
    Fault("abandoned-receiver", "channel-cascade", "main.mailReceipt"),
    Fault("never-closed-range", "channel-cascade", "main.statistics"),
    Fault("nil-channel", "channel-cascade", "main.(*subscription).show"),
    Fault("double-lock", "channel-cascade", "main.(*inventory).reserve"),
    Fault(
        "lock-order",
        "channel-cascade",
        "main.(*warehouse).moveTo",
        follows=("waitgroup-never-done",),
    ),
    Fault("lock-across-channel", "channel-cascade", "main.(*ledger).enter"),
    Fault("rwlock-recursion", "channel-cascade", "main.(*priceList).of"),
    Fault("waitgroup-never-done", "channel-cascade", "main.waitgroupNeverDone"),
    Fault("cond-never-signalled", "channel-cascade", "main.(*dock).take", clients=12),
    Fault("context-never-done", "missing-deadline", "main.giveUp"),
    Fault("io-no-deadline", "missing-deadline", "main.ioNoDeadline"),
    Fault("transport-no-timeout", "missing-deadline", "main.transportNoTimeout"),
    Fault("unclosed-body", "unreleased-resource", "net/http.(*persistConn).readLoop"),
    Fault("undrained-stream", "unreleased-resource", "main.writeOrders"),
    Fault("unclosed-rows", "unreleased-resource", "main.unclosedRows"),
    Fault("unclosed-pool", "unreleased-resource", "database/sql.(*DB).connectionOpener"),
    Fault("unstopped-ticker", "unreleased-resource", "main.follow"),
    Fault("detached-handler-task", "detached-spawn", "main.audit"),
    Fault("fanout", "unbounded-fanout", "main.priceOf", clients=2, patience=5.0),
    # Who hangs up leaves the work behind: with little patience there is more of it all the time.
    Fault("run-queue", "unbounded-fanout", "main.draw", 5, 200.0, TRACED, ("fanout",), busy=1.2),
    Fault("thread-pinned", "unbounded-fanout", "main.threadPinned"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("orders") / "orders"
    _go.go("build", "-o", to, ".", cwd=SERVICE)
    return to


@contextmanager
def running(program: Path) -> Iterator[str]:
    command = [program, "-listen", "127.0.0.1:0"]
    environment = {**os.environ, "GOMAXPROCS": str(PROCESSORS)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def region(function: str) -> tuple[str, range]:
    """Return in which file of the service a function is, and its lines."""
    name = re.sub(r"^main\.|\.func\d+$", "", function)
    receiver, _, method = name.rpartition(").")
    begins = (
        rf"func (\(\w+ {re.escape(receiver[1:])}\) )?{method}\(" if receiver else rf"func {name}\("
    )
    for file in SERVICE.glob("*.go"):
        lines = file.read_text().splitlines()
        for number, line in enumerate(lines, 1):
            if re.match(begins, line):
                return file.name, range(number, lines.index("}", number) + 2)
    raise LookupError(function)


def clients_of(fault: Fault, url: str) -> int:
    """Return how many are to ask at the same time: enough that the processors are busy for long."""
    if not fault.busy:
        return fault.clients

    def asked() -> float:
        began = time.monotonic()
        assert _floods.get(f"{url}/{fault.detail}", 60) == 200
        return time.monotonic() - began

    alone = min(asked() for _ in range(3))
    return min(max(fault.clients, math.ceil(fault.busy / alone)), CLIENTS_AT_MOST)


def test_every_fault_that_go_can_have_is_on_a_route_and_looked_at() -> None:
    assert {fault.detail for fault in FAULTS} | {"healthy"} == ROUTES
    assert {name for name, detail in details().items() if detail.go} | {"healthy"} == ROUTES


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.detail)
def test_a_fault_is_named_with_its_line(fault: Fault, program: Path) -> None:
    with running(program) as url:
        clients = clients_of(fault, url)
        flood = _floods.flooded(f"{url}/{fault.detail}", clients=clients, patience=fault.patience)
        with flood:
            told = _floods.seen(lambda: _floods.doctor(url, *fault.options), fault.detail)
    found = {each["function"]: each for each in told.of(fault.detail)}
    assert fault.function in found, str(told)
    finding = found[fault.function]
    assert finding["cause"] == fault.cause
    assert told.exit_code == 1
    if fault.function.startswith("main."):
        file, lines = region(fault.function)
        assert Path(finding["file"]).name == file
        assert finding["line"] in lines
    named = {each["detail"] for each in told.above_low()} - {*fault.follows}
    assert named == {fault.detail}, "and nothing else is"


def test_what_is_well_is_told_so_under_load(program: Path) -> None:
    with running(program) as url:
        assert _floods.get(f"{url}/healthy", 10) == 200
        assert _floods.doctor(url).above_low() == []
        with _floods.flooded(f"{url}/healthy", patience=10, at_most=math.inf):
            for _ in range(3):
                told = _floods.doctor(url)
                assert told.exit_code == 0, str(told)
