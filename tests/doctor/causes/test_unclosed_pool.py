from __future__ import annotations

from typing import TYPE_CHECKING

from doctor._dumps import case, goroutine
from doctor.causes._profiles import profile
from doctor.causes._recorded import told_of
from snowshed.doctor._case import Case
from snowshed.doctor.causes.unclosed_pool import suspicions

if TYPE_CHECKING:
    from snowshed.doctor import Look

MAIN = goroutine(1, "select", "main.main:9", created="")
READS = "net/http.(*persistConn).readLoop:2325"


def connections(idle: int, busy: int = 0) -> Look:
    return profile(
        (idle, ("internal/poll.runtime_pollWait:351", "net.(*conn).Read:196", READS)),
        (busy, ("runtime.selectgo:1", READS)),
    )


def openers(count: int, parent: int) -> list[str]:
    call = "database/sql.(*DB).connectionOpener:1266"
    made = f"database/sql.OpenDB in goroutine {parent}"
    return [goroutine(10 + n, "select", call, created=made) for n in range(count)]


def test_a_pool_for_each_request_is_told() -> None:
    (found,) = suspicions(case(MAIN, *openers(12, 99)))
    assert (found.confidence, found.against) == (
        0.8,
        ("a program that keeps one for each tenant or host has many, too",),
    )
    (kept,) = suspicions(case(MAIN, *openers(12, 1)))
    assert kept.confidence == 0.7


def test_one_pool_is_well() -> None:
    assert not [*suspicions(case(MAIN, *openers(1, 1)))]


def test_clients_of_grpc_that_nobody_closes_are_told() -> None:
    assert told_of("grpc-conns") == {("unclosed-pool", 13), ("unclosed-pool", 39)}
    assert told_of("grpc-idle") == set()


def test_idle_connections_that_become_more_without_calls_are_of_many_clients() -> None:
    (found,) = suspicions(Case([connections(40), connections(80), connections(120)]))
    assert found.confidence == 0.5
    assert "while 0 are in use" in found.evidence[0]


def test_one_client_keeps_what_it_has_used() -> None:
    steps = ([40, 80], [40, 120, 120], [10, 50, 90])
    assert not any([*suspicions(Case([*map(connections, counts)]))] for counts in steps)
    busy = [connections(40), connections(80), connections(120, busy=20)]
    assert not [*suspicions(Case(busy))]
