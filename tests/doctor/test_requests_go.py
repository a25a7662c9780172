"""Who started what for which request, told of a real Go service by its list of goroutines."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from doctor._patient import Patient, patient
from snowshed.doctor import Ask, Diagnosis, diagnose, examine, text
from snowshed.model import Finding, Severity

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.house]
KEPT_ALIVE = 300


@pytest.fixture
def service() -> Iterator[Patient]:
    with patient("requests") as running:
        yield running


@contextmanager
def in_flight(service: Patient, running: int, *paths: str) -> Iterator[None]:
    """Have requests for ``paths`` wait, until ``running`` tasks are at work; then let them end."""
    clients = [threading.Thread(target=service.get, args=(path,)) for path in paths]
    for client in clients:
        client.start()
    try:
        wait_for(lambda: int(service.get("running")) >= running)
        yield
    finally:
        service.get("release")
        for client in clients:
            client.join()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


class Connection:
    """One that is kept alive."""

    def __init__(self, service: Patient) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=60)

    def get(self, path: str) -> None:
        self._connection.request("GET", f"/{path}")
        self._connection.getresponse().read()

    def close(self) -> None:
        self._connection.close()


@contextmanager
def kept_alive(service: Patient, count: int) -> Iterator[list[Connection]]:
    with ExitStack() as stack:
        connections = [Connection(service) for _ in range(count)]
        for each in connections:
            stack.callback(each.close)
            each.get("keep")
        yield connections


def asker(service: Patient) -> Ask:
    return lambda page: service.get(f"debug/pprof/{page}")


def diagnosed(service: Patient, between: Callable[[], object] = lambda: None) -> Diagnosis:
    found = examine(service.url, asker(service), sleep=lambda _: between())
    assert found.warnings == ()
    return diagnose(found.looks)


def above_low(diagnosis: Diagnosis) -> list[Finding]:
    return [each for each in diagnosis.findings if each.severity is not Severity.LOW]


def test_requests_that_fan_out_are_told_with_the_line(service: Patient) -> None:
    paths = ("wide/200", "wide/120", "group/90", "second/70", "narrow", "narrow", "held")
    with in_flight(service, 200 + 120 + 90 + 70 + 2 * 8 + 1, *paths):
        found = diagnosed(service)
    requests = found.requests
    assert requests is not None
    assert [(each.count, each.at.function) for each in requests.worst] == [
        (200, "main.wide"),
        (120, "main.wide"),
        (90, "main.grouped"),
        (70, "main.wide"),
    ]
    assert text(found).startswith("4 requests hold more than 50 goroutines each; the worst is ")
    assert {(each.detail, each.count, each.severity) for each in above_low(found)} == {
        ("fanout", 390, Severity.MEDIUM),
        ("fanout", 90, Severity.MEDIUM),
    }


def test_what_handlers_leave_behind_is_told_as_it_grows(service: Patient) -> None:
    with in_flight(service, 0, "wide/40"), kept_alive(service, 30) as connections:

        def more() -> None:
            for each in connections:
                each.get("detached")
            service.get("detached")

        more()
        found = diagnosed(service, more)
        (finding,) = above_low(found)
        assert (finding.detail, finding.count) == ("detached-handler-task", 93)
        assert finding.created_by is not None
        assert finding.created_by.function == "main.detached"
        assert found.requests is not None
        assert found.requests.over == 0
        assert any("waits for the next request" in each for each in finding.evidence)


def test_requests_that_left_many_behind_are_known_by_one_that_runs(service: Patient) -> None:
    with kept_alive(service, 2) as connections, in_flight(service, 0):
        service.get("left/150")
        connections[0].get("left/10")
        connections[1].get("left/10")
        found = diagnosed(service)
    assert found.requests is not None
    (worst,) = found.requests.worst
    assert (worst.count, worst.gone, worst.at.function) == (150, True, "main.left")


def test_a_service_that_is_well_and_busy_is_told_so(service: Patient) -> None:
    """Pools of main and of a request, bounded requests, clients, idle connections."""
    service.get("pooled")
    busy = [*["narrow"] * 12, *["call"] * 10, *["pooled?stay"] * 5, *["limited"] * 8]
    with kept_alive(service, KEPT_ALIVE) as connections:
        for each in connections[:40]:
            each.get("pooled")
        with in_flight(service, 12 * 8 + 10 + 5 + 8, *busy):
            found = diagnosed(service)
    assert above_low(found) == []
    assert [each.detail for each in found.findings].count("detached-handler-task") == 0
    assert found.requests is not None
    assert found.requests.over == 0
    assert found.requests.seen >= KEPT_ALIVE
    assert found.total > KEPT_ALIVE + 400


def test_connections_that_handlers_take_over_become_more_and_nothing_is_wrong(
    service: Patient,
) -> None:
    with ExitStack() as sockets, in_flight(service, 0):

        def more() -> None:
            before = int(service.get("running"))
            for _ in range(30):
                taken = socket.create_connection(("127.0.0.1", urlsplit(service.url).port))
                sockets.enter_context(taken)
                taken.sendall(b"GET /taken HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wait_for(lambda: int(service.get("running")) == before + 30)

        more()
        found = diagnosed(service, more)
    assert above_low(found) == []
    details = [each.detail for each in found.findings]
    assert "detached-handler-task" not in details
    assert "fanout" not in details


def test_the_lines_that_create_goroutines_stand_below_each_other(service: Patient) -> None:
    with in_flight(service, 208, "wide/200", "narrow"):
        found = diagnosed(service)
    (main,) = (each for each in found.spawned if each.function == "main.main")
    (server,) = (each for each in main.children if each.function == "net/http.(*conn).serve")
    below = {each.function: each.count for each in server.children}
    assert (below["main.wide.func1"], below["main.narrow.func1"]) == (200, 8)
    assert sum(each.total for each in found.spawned) == found.total
