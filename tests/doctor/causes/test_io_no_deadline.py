from __future__ import annotations

import pytest

from doctor._dumps import case, goroutine, look
from doctor.causes._profiles import profile
from doctor.causes._recorded import recorded, told_of
from snowshed.doctor._case import Case
from snowshed.doctor.causes.io_no_deadline import suspicions

POLL = "internal/poll.runtime_pollWait:351"
READ = (POLL, "internal/poll.(*FD).Read:165", "net.(*netFD).Read:68", "net.(*conn).Read:196")
SHAKES = (*READ, "crypto/tls.(*Conn).clientHandshake:1", "crypto/tls.(*Conn).handshakeContext:2")
MAIN = goroutine(1, "select", "main.main:9", created="")


def waiters(count: int, *calls: str, state: str = "IO wait") -> list[str]:
    return [goroutine(10 + n, state, *calls) for n in range(count)]


def test_calls_that_become_more_are_told_by_the_line_of_the_program() -> None:
    looks = [look(MAIN, *waiters(n, *READ, "main.price:12")) for n in (3, 40)]
    (found,) = suspicions(Case(looks))
    assert found.group.where.at.function == "main.price"
    assert (found.confidence, found.waiting_is_wrong) == (0.65, False)
    assert found.evidence == ("each waits for the peer to send something",)


def test_a_few_of_a_moment_are_not_told_and_many_or_old_ones_are() -> None:
    assert not [*suspicions(case(MAIN, *waiters(9, *READ, "main.price:12")))]
    assert [*suspicions(case(MAIN, *waiters(10, *READ, "main.price:12")))]
    old = waiters(1, *READ, "main.price:12", state="IO wait, 12 minutes")
    assert [*suspicions(case(MAIN, *old))]


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        ((*SHAKES, "main.dial:3"), "each is in the middle of a handshake of TLS"),
        ((*SHAKES, "net/http.(*conn).serve:3"), "each is in the middle of a handshake of TLS"),
        (
            (POLL, "internal/poll.(*FD).WaitWrite:1", "net.(*netFD).connect:2", "main.dial:3"),
            "each waits for its connection to be accepted",
        ),
        (
            (POLL, "net.(*netFD).Write:2", "net.(*conn).Write:3", "main.push:3"),
            "each waits for the peer to take what it writes",
        ),
        (
            (*READ, "net/http.(*body).Read:8", "main.upload:3", "net/http.(*conn).serve:3"),
            "each waits for the client to send the rest of its request",
        ),
    ],
)
def test_what_is_waited_for_is_told(calls: tuple[str, ...], said: str) -> None:
    (found,) = suspicions(case(MAIN, *waiters(12, *calls)))
    assert found.evidence == (said,)
    assert found.waiting_is_wrong is ("handshake" in said or "accepted" in said)


def test_clients_of_a_server_of_its_own_may_be_idle_and_become_more() -> None:
    takes = ("internal/poll.(*FD).Accept:1", "net.(*TCPListener).Accept:2", "main.listen:7")
    accepts = goroutine(2, "IO wait", *takes)

    def served(count: int) -> list[str]:
        return [
            goroutine(n, "IO wait", *READ, "main.serve:9", created="main.listen in goroutine 2")
            for n in range(10, 10 + count)
        ]

    assert not [*suspicions(Case([look(MAIN, accepts, *served(n)) for n in (5, 50)]))]


def test_what_takes_a_moment_with_any_client_is_told_of_a_server_of_its_own_too() -> None:
    accepts = goroutine(2, "IO wait", "net.(*TCPListener).Accept:2", "main.listen:7")
    made = "main.listen in goroutine 2"
    shakes = (*SHAKES, "main.serve:9")
    served = [goroutine(n, "IO wait", *shakes, created=made) for n in range(10, 22)]
    (found,) = suspicions(case(MAIN, accepts, *served))
    assert found.waiting_is_wrong


def test_a_handler_calls_somebody_though_as_many_others_write() -> None:
    handles = (*READ, "main.price:12", "net/http.(*conn).serve:3")
    pumps = ("runtime.selectgo:1", "main.push:5")
    looks = [profile((count, handles), (count, pumps)) for count in (5, 50)]
    (found,) = suspicions(Case(looks))
    assert found.group.where.at.function == "main.price"


def test_an_answer_of_grpc_is_waited_for_in_a_select() -> None:
    assert told_of("grpc-hang") == {("io-no-deadline", 12)}
    assert told_of("grpc-idle") == told_of("grpc-watch") == set()


def test_a_query_that_hangs_is_told_once_it_is_old() -> None:
    first, second = recorded("pgx-hang"), recorded("pgx-hang")
    (found,) = suspicions(Case([first, second]))
    assert (found.group.where.at.function, found.group.count) == ("main.query", 2)
