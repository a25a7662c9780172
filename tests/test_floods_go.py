"""The example service in Go: each of its faults is named over HTTP, and what is well is not."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import _floods
import _go

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
    """

    detail: str
    cause: str
    function: str
    clients: int = 4
    patience: float = 0.1
    options: tuple[str, ...] = ()


FAULTS = [
    Fault("abandoned-sender", "channel-cascade", "main.abandonedSender.func1"),
    Fault("abandoned-receiver", "channel-cascade", "main.mailReceipt"),
    Fault("never-closed-range", "channel-cascade", "main.statistics"),
    Fault("nil-channel", "channel-cascade", "main.(*subscription).show"),
    Fault("double-lock", "channel-cascade", "main.(*inventory).reserve"),
    Fault("lock-order", "channel-cascade", "main.(*warehouse).moveTo"),
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
    Fault("run-queue", "unbounded-fanout", "main.draw", 4, 20.0, ("--trace", "1s")),
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
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
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


def test_every_route_is_looked_at() -> None:
    assert {fault.detail for fault in FAULTS} | {"healthy"} == ROUTES


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.detail)
def test_a_fault_is_named_with_its_line(fault: Fault, program: Path) -> None:
    with running(program) as url:
        flood = _floods.flooded(
            f"{url}/{fault.detail}", clients=fault.clients, patience=fault.patience
        )
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


def test_what_is_well_is_told_so_under_load(program: Path) -> None:
    with running(program) as url:
        assert _floods.get(f"{url}/healthy", 10) == 200
        assert _floods.doctor(url).above_low() == []
        with _floods.flooded(f"{url}/healthy", patience=10):
            for _ in range(3):
                told = _floods.doctor(url)
                assert told.exit_code == 0, str(told)
