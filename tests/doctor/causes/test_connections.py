from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor._dumps import case, goroutine, look
from doctor.causes._profiles import profile
from doctor.causes._recorded import recorded
from snowshed.doctor import diagnose
from snowshed.doctor._case import Case
from snowshed.doctor.causes._connections import Connections, in_request, is_call
from snowshed.model import Finding, Severity

if TYPE_CHECKING:
    from snowshed.doctor import Look
    from snowshed.doctor._looks import Group

READS = ("internal/poll.runtime_pollWait:1", "internal/poll.(*FD).Read:2", "net.(*conn).Read:3")
TAKES = ("internal/poll.(*FD).Accept:2", "net.(*netFD).accept:3", "net.(*TCPListener).Accept:4")


def reader(number: int, *calls: str, parent: int = 1) -> str:
    made = f"main.begin in goroutine {parent}"
    return goroutine(number, "IO wait", *READS, *calls, created=made)


def the_reader(found: Case) -> Group:
    return next(g for g in found.groups if g.members[0].id == 20)


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        (["main.price:9"], True),
        (["github.com/lib/pq.(*conn).recv:4", "main.price:9"], True),
        (["net/http.(*persistConn).readLoop:9"], False),
        (["main.(*logged).Read:3", "net/http.(*persistConn).readLoop:9"], False),
        (["main.(*logged).Read:3", "net/http.(*conn).readRequest:9"], False),
        (["github.com/gorilla/websocket.(*Conn).ReadMessage:3", "main.chat:9"], False),
        (["github.com/redis/go-redis/v9.(*PubSub).Receive:3", "main.listen:9"], False),
        (["github.com/redis/go-redis/v9.cmdable.BLPop:3", "main.take:9"], False),
        (["github.com/redis/go-redis/v9.cmdable.Get:3", "main.take:9"], True),
        (["github.com/jackc/pgx/v5.(*Conn).WaitForNotification:3", "main.listen:9"], False),
        (["golang.org/x/net/http2.(*clientConnReadLoop).run:3", "main.odd:9"], False),
    ],
)
def test_a_call_is_one_that_the_program_waits_for(calls: list[str], expected: bool) -> None:
    assert is_call(the_reader(case(reader(20, *calls)))) is expected


def test_files_and_datagrams_are_no_calls() -> None:
    pipe = goroutine(20, "IO wait", READS[0], READS[1], "os.(*File).Read:9", "main.tail:3")
    reads = ("internal/poll.(*FD).ReadFrom:1", "net.(*netFD).readFrom:2", "main.resolve:3")
    packet = goroutine(20, "IO wait", *reads)
    assert not is_call(the_reader(case(pipe)))
    assert not is_call(the_reader(case(packet)))


def test_who_was_made_by_an_accept_loop_serves() -> None:
    main = goroutine(1, "sleep", "main.main:3", created="")
    accepts = goroutine(2, "IO wait", *TAKES, "main.listen:7")
    serves = reader(20, "main.serve:9", parent=2)
    found = case(main, accepts, serves)
    assert Connections(found).serves(the_reader(found))
    child = goroutine(3, "select", "main.serve:1", created="main.listen in goroutine 2")
    grandchild = case(main, accepts, child, reader(20, "main.pump:9", parent=3))
    assert Connections(grandchild).serves(the_reader(grandchild))
    called = case(main, accepts, reader(20, "main.price:9", parent=1))
    assert not Connections(called).serves(the_reader(called))


def test_with_an_accept_loop_whose_children_are_unknown_it_is_taken_for_one() -> None:
    accepts = goroutine(2, "IO wait", *TAKES, "main.listen:7")
    orphan = case(accepts, reader(20, "main.serve:9", parent=99))
    assert Connections(orphan).serves(the_reader(orphan))
    library = goroutine(2, "IO wait", *TAKES, "net/http.(*Server).Serve:7", "main.main:3")
    other = case(library, reader(20, "main.price:9", parent=99))
    assert not Connections(other).serves(the_reader(other))


def pump(number: int, parent: int) -> str:
    return goroutine(number, "select", "main.push:3", created=f"main.begin in goroutine {parent}")


def test_who_reads_and_who_writes_one_connection_rest() -> None:
    found = case(reader(20, "main.pump:9", parent=90), pump(21, 90), pump(22, 91))
    both = Connections(found)
    assert both.are_written(the_reader(found))
    pumps = next(group for group in found.groups if group.count == 2)
    assert not both.write(pumps)
    handler = case(reader(20, "main.chat:9", parent=90), pump(21, 20))
    writer = next(group for group in handler.groups if group.where.state == "select")
    assert Connections(handler).write(writer)


def test_who_has_started_much_has_started_no_pair() -> None:
    readers = [reader(n, "main.price:9") for n in range(20, 30)]
    found = case(*readers, pump(50, 1))
    assert not Connections(found).are_written(the_reader(found))


def test_a_profile_tells_pairs_by_their_growth() -> None:
    def seen(readers: int, pumps: int) -> Look:
        reads = ("internal/poll.runtime_pollWait:1", "net.(*conn).Read:3", "main.chat:9")
        return profile((readers, reads), (pumps, ("runtime.selectgo:1", "main.push:3")))

    def pairs(*looks: Look) -> tuple[bool, bool]:
        found = Case(looks)
        reads, pumps = (
            next(g for g in found.groups if g.where.state == state)
            for state in ("IO wait", "select")
        )
        connections = Connections(found)
        return connections.are_written(reads), connections.write(pumps)

    assert pairs(seen(5, 5), seen(50, 48)) == (True, True)
    assert pairs(seen(5, 5), seen(50, 20)) == (False, False)
    assert pairs(seen(50, 50)) == (False, False)


@pytest.mark.parametrize(
    "outermost",
    [
        "net/http.(*conn).serve",
        "net/http/internal/http2.(*serverConn).runHandler",
        "google.golang.org/grpc.(*Server).serveStreams.func2.1",
        "github.com/valyala/fasthttp.(*workerPool).getCh.func1",
        "net/rpc.(*service).call",
    ],
)
def test_a_handler_of_any_server_calls_others(outermost: str) -> None:
    calls = ("main.price:9", f"{outermost}:2")
    found = case(goroutine(2, "IO wait", *TAKES, "main.listen:7"), reader(20, *calls, parent=2))
    assert in_request(the_reader(found))
    assert not Connections(found).serves(the_reader(found))


@pytest.mark.parametrize("name", ["grpc-idle", "grpc-watch", "redis-sub", "redis-pop"])
def test_idle_connections_of_real_libraries_rest(name: str) -> None:
    assert not [group for group in Case([recorded(name)]).groups if is_call(group)]


@pytest.mark.parametrize(
    ("state", "detail"),
    [
        ("chan receive", "abandoned-receiver"),
        ("sync.WaitGroup.Wait", "waitgroup-never-done"),
        ("sync.Cond.Wait", "cond-never-signalled"),
    ],
)
def test_requests_that_have_waited_for_minutes_get_a_word(state: str, detail: str) -> None:
    def found(minutes: str, outermost: str = "net/http.(*conn).serve:8") -> list[Finding]:
        made = "net/http.(*Server).Serve in goroutine 1"
        held = [
            goroutine(n, state + minutes, "main.order:5", outermost, created=made)
            for n in range(10, 90)
        ]
        main = goroutine(1, "IO wait", *TAKES, "main.main:9", created="")
        return [*diagnose([look(main, *held)]).findings]

    (finding,) = found(", 12 minutes")
    assert (finding.detail, finding.severity) == (detail, Severity.LOW)
    assert finding.evidence == ("requests wait here, the longest for 12 minutes",)
    assert found("") == []
    assert found(", 12 minutes", "main.worker:8") == []
