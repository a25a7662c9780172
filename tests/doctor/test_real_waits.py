"""A real Go service that waits wrongly in each way there is, and one that waits well in each."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctor._patient import Patient, built, running
from snowshed.doctor import Diagnosis, diagnose, examine, load, look_at
from snowshed.model import Finding, Severity

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.house]

ILL = (
    *("range", "context", "done", "read", "shake", "rows", "tx", "pools", "tickers"),
    *("writers", "readers", "streams", "threads", "calls"),
)
WELL = (
    *("range", "context", "read", "rows", "pools", "transports", "tickers", "writers"),
    *("streams", "threads", "subscribers", "files", "sockets", "listeners"),
    *("guests", "visitors", "inboxes"),
)
FEW, MORE, MANY = 5, 15, 16
ROWS, TX = "database/sql.(*Rows).awaitDone", "database/sql.(*Tx).awaitDone"
FAULTS = [
    ("never-closed-range", "main.work"),
    ("context-never-done", "context.(*cancelCtx).propagateCancel.func2"),
    ("context-never-done", "main.watch"),
    ("io-no-deadline", "main.call"),
    ("io-no-deadline", "main.shakes.func1"),
    ("unclosed-rows", ROWS),
    ("unclosed-rows", "main.first"),
    ("unclosed-rows", TX),
    ("unclosed-pool", "database/sql.(*DB).connectionOpener"),
    ("unstopped-ticker", "main.refresh"),
    ("undrained-stream", "main.write"),
    ("undrained-stream", "main.readers.func1.1"),
    ("undrained-stream", "net/http/internal/http2.(*clientStream).doRequest"),
    ("thread-pinned", "main.threads.func1"),
]
# These cannot be told from idle ones by where they stand: it takes time, or the collector.
NEED_TIME = {"unstopped-ticker"}


@pytest.fixture(scope="module")
def program() -> Path:
    return built("waits")


@pytest.fixture
def service(program: Path) -> Iterator[Patient]:
    with running(program) as patient:
        yield patient


def begin(service: Patient, how: str, kinds: tuple[str, ...], count: int) -> None:
    service.get(f"{how}/{','.join(kinds)}/{count}")


def examined(service: Patient, how: str, kinds: tuple[str, ...]) -> Diagnosis:
    begin(service, how, kinds, FEW)
    found = examine(
        service.url,
        lambda page: service.get(f"debug/pprof/{page}"),
        sleep=lambda _: begin(service, how, kinds, MORE),
    )
    return diagnose(found.looks)


def once(service: Patient, page: str) -> Diagnosis:
    look = look_at(load(page, service.get(f"debug/pprof/{page}")))
    assert look is not None
    return diagnose([look])


def told(diagnosis: Diagnosis) -> dict[str, Finding]:
    """Return the worst of each function: some of it may just be running, and stand in another."""
    return {each.at.function: each for each in reversed(diagnosis.findings)}


@pytest.fixture(scope="module")
def ill(program: Path) -> Iterator[tuple[Diagnosis, Diagnosis]]:
    """What is told after an examination, and from a single list."""
    with running(program) as service:
        whole = examined(service, "ill", ILL)
        yield whole, once(service, "goroutine?debug=2")


@pytest.mark.parametrize(("detail", "function"), FAULTS)
def test_a_wait_that_nobody_ends_is_named(
    detail: str, function: str, ill: tuple[Diagnosis, Diagnosis]
) -> None:
    whole, single = map(told, ill)
    assert whole[function].detail == detail
    assert whole[function].severity is not Severity.LOW
    if detail not in NEED_TIME:
        assert single[function].detail == detail
        proven = single[function].evidence[0].startswith("the garbage collector has proven")
        assert (single[function].severity is Severity.LOW) is not proven


def test_a_crash_tells_as_much(program: Path) -> None:
    with subprocess.Popen(
        [program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        begin(Patient(process.stdout.readline().strip()), "ill", ILL, MANY)
        process.send_signal(signal.SIGQUIT)
        _, crash = process.communicate(timeout=60)
    look = look_at(load("crash", crash.encode()))
    assert look is not None
    found = told(diagnose([look]))
    for detail, function in FAULTS:
        if detail not in NEED_TIME:
            assert (found[function].detail, found[function].severity) == (detail, Severity.LOW)


def test_connections_of_many_clients_are_told_from_those_of_one(service: Patient) -> None:
    def looks(how: str) -> Diagnosis:
        seen = []
        for _ in range(3):
            service.get(f"{how}/transports/60")
            seen.append(look_at(load("profile", service.get("debug/pprof/goroutine"))))
        return diagnose([look for look in seen if look is not None])

    assert "net/http.(*persistConn).readLoop" not in told(looks("well"))
    found = told(looks("ill"))["net/http.(*persistConn).readLoop"]
    assert (found.detail, found.severity) == ("unclosed-pool", Severity.HIGH)


def test_waits_for_a_database_that_hangs_are_told_with_what_hangs(service: Patient) -> None:
    found = told(examined(service, "ill", ("busy-rows",)))
    waits, hangs = found["main.first"], found["main.connection.QueryContext"]
    assert (waits.detail, hangs.detail) == ("unclosed-rows", "io-no-deadline")
    assert waits.related[0].at == hangs.at
    assert "4 are at work with one" in str(waits.evidence)


def test_who_waits_well_is_told_nothing_above_low(service: Patient) -> None:
    diagnosis = examined(service, "well", WELL)
    assert diagnosis.total > 200
    assert [str(each) for each in diagnosis.findings if each.severity is not Severity.LOW] == []
