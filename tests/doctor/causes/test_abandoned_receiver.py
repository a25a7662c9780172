from __future__ import annotations

from typing import TYPE_CHECKING

from doctor._dumps import case, goroutine, look
from doctor.causes._lock_dumps import waits
from doctor.causes._profiles import profile
from snowshed.doctor._case import Case
from snowshed.doctor.causes.abandoned_receiver import suspicions

if TYPE_CHECKING:
    from snowshed.doctor import Look

SERVES = goroutine(1, "running", "main.serve:9", created="")


def workers(count: int, state: str = "chan receive") -> list[str]:
    return [goroutine(n, state, "main.work:5") for n in range(10, 10 + count)]


def test_idle_workers_are_not_told() -> None:
    assert not [*suspicions(case(SERVES, *workers(64)))]


def test_proof_growth_or_a_maker_that_has_ended_are() -> None:
    (proven,) = suspicions(case(SERVES, *workers(1, "chan receive (leaked)")))
    assert proven.against == ()
    (grown,) = suspicions(Case([look(SERVES, *workers(3)), look(SERVES, *workers(64))]))
    assert grown.against == ("an idle worker waits in the same way",)
    gone = goroutine(2, "chan receive", "main.take:5", created="main.bill in goroutine 99")
    (orphan,) = suspicions(case(SERVES, gone))
    assert orphan.evidence == (
        "who made it has ended: the other side of the wait may have gone with it",
    )


def test_who_receives_from_some_that_are_stuck_is_told_with_them() -> None:
    hub = 0xC000120000
    waiter = goroutine(1, "chan receive", "main.all:7", created="")
    locked = waits(5, "sync.Mutex.Lock", ("main.(*Hub).Add", hub, 20), lock=hub + 8)
    holder = waits(6, "chan send", ("main.(*Hub).Publish", hub, 40))
    (found,) = suspicions(case(waiter, locked, holder))
    assert (found.confidence, found.evidence) == (0.5, ("one that it made waits itself",))


def test_who_waits_for_a_test_waits_in_the_standard_library() -> None:
    asleep = "fatal error: all goroutines are asleep - deadlock!\n"
    runs = goroutine(1, "chan receive", "testing.(*T).Run:9", "main.main:62", created="")
    takes = goroutine(7, "chan receive", "main.TestTake:5")
    (found,) = suspicions(case(asleep, runs, takes))
    assert found.group.where.at.line == 5


def test_who_writes_to_a_connection_that_another_reads_is_well() -> None:
    def pairs(count: int) -> list[str]:
        reads = ("internal/poll.runtime_pollWait:1", "net.(*conn).Read:3", "main.chat:9")
        made = "main.begin in goroutine"
        readers = [
            goroutine(200 + n, "IO wait", *reads, created=f"{made} {900 + n}") for n in range(count)
        ]
        return [
            *readers,
            *(
                goroutine(10 + n, "select", "main.push:5", created=f"{made} {900 + n}")
                for n in range(count)
            ),
        ]

    assert not [*suspicions(Case([look(SERVES, *pairs(5)), look(SERVES, *pairs(50))]))]


HANDLES = ("main.events:5", "net/http.HandlerFunc.ServeHTTP:1", "net/http.(*conn).serve:9")


def handlers(count: int, state: str) -> Look:
    return look(SERVES, *(goroutine(10 + n, state, *HANDLES) for n in range(count)))


def test_clients_that_listen_may_become_more_and_answers_that_do_not_come_may_not() -> None:
    def told(state: str) -> bool:
        return bool([*suspicions(Case([handlers(5, state), handlers(50, state)]))])

    assert not told("select")
    assert told("chan receive")
    assert told("select (leaked)")


def test_handlers_that_something_can_still_wake_may_wait_for_their_clients() -> None:
    alive = profile((1, ("runtime.chanrecv1:8", "main.other:5")), leaks=True)
    left = profile((20, ("runtime.chanrecv1:8", *HANDLES)), leaks=True)

    def told(first: int, leaks: Look, minutes: str = "") -> bool:
        state = f"chan receive{minutes}"
        looks = [handlers(first, state), leaks, handlers(50, state)]
        return bool([*suspicions(Case(looks))])

    assert not told(5, alive)
    assert told(5, left)
    # Nobody stood there when the collector was asked.
    assert told(0, alive)
    assert told(50, alive, ", 12 minutes")
    assert not told(5, alive, ", 12 minutes")
