from __future__ import annotations

from typing import TYPE_CHECKING

from doctor._dumps import goroutine, look
from doctor._family_dumps import ACCEPTS, idle, in_group, serves, tasks
from snowshed.doctor import diagnose
from snowshed.doctor._case import Case
from snowshed.doctor.causes.detached_handler_task import suspicions
from snowshed.model import Severity

if TYPE_CHECKING:
    from snowshed.doctor._cause import Suspicion


def suspected(*goroutines: str) -> list[Suspicion]:
    return [*suspicions(Case([look(ACCEPTS, *goroutines)]))]


def each_one(parents: range, made: str = "main.order", state: str = "sleep") -> list[str]:
    """One task of each parent."""
    return [each for n in parents for each in tasks([1000 + n], n, made, state)]


def test_what_handlers_leave_while_their_connections_wait_is_told() -> None:
    (found,) = suspected(*map(idle, range(10, 30)), *each_one(range(10, 30)))
    assert found.evidence == (
        "20 handlers have started them at the same line and gone on",
        "who started 20 of them waits for the next request",
    )
    assert found.against == ("a job in the background may be meant to outlive its request",)
    assert found.confidence == 0.6


def test_what_handlers_leave_that_have_ended_is_told_if_others_show_what_they_were() -> None:
    (found,) = suspected(serves(4, "main.order:9"), *each_one(range(10, 30)))
    assert found.evidence[1] == "who started 20 of them has ended"
    assert found.confidence == 0.6


def test_where_nobody_shows_what_they_were_that_is_told() -> None:
    (found,) = suspected(*each_one(range(10, 30)))
    assert found.evidence[0].startswith("20 goroutines")
    assert found.against[1:] == (
        "that they were handlers is not seen, only that they did not last",
    )
    assert not suspected(*each_one(range(10, 12)))


def test_what_a_group_has_started_is_known_as_well() -> None:
    dump = [each for n in range(10, 30) for each in in_group([1000 + n], n)]
    (found,) = suspected(serves(4, "main.search:75"), *dump)
    assert found.confidence == 0.6


def test_one_look_earns_low_and_growth_more() -> None:
    def seen(count: int) -> list[str]:
        parents = range(10, 10 + count)
        return [ACCEPTS, *map(idle, parents), *each_one(parents)]

    (once,) = diagnose([look(*seen(200))]).findings
    assert (once.detail, once.severity) == ("detached-handler-task", Severity.LOW)
    (twice,) = diagnose([look(*seen(100)), look(*seen(200))]).findings
    assert (twice.detail, twice.severity) == ("detached-handler-task", Severity.MEDIUM)


def test_waits_with_a_cause_of_their_own_are_told_by_that() -> None:
    dump = [ACCEPTS, *map(idle, range(10, 30)), *each_one(range(10, 30), state="chan send")]
    (found,) = diagnose([look(*dump)]).findings
    assert found.detail == "abandoned-sender"


def test_a_wait_in_a_function_that_was_called_is_work_and_one_in_the_handler_a_channel_of_it() -> (
    None
):
    def told(*calls: str) -> str:
        dump = [
            goroutine(1000 + n, "chan receive", *calls, created=f"main.order in goroutine {n}")
            for n in range(10, 30)
        ]
        (found,) = diagnose([look(ACCEPTS, serves(4, "main.order:9"), *dump)]).findings
        return found.detail

    assert told("main.charge:40", "main.audit:30") == "detached-handler-task"
    assert told("main.order.func1:12") == "abandoned-receiver"


def test_what_a_handler_that_runs_has_started_is_its_own() -> None:
    assert not suspected(
        *(serves(n, "main.order:9") for n in range(10, 30)), *each_one(range(10, 30))
    )
    # Whether it is for the request that runs now is not known.
    assert not suspected(
        *(serves(n, "main.list:9", state="select") for n in range(10, 30)), *each_one(range(10, 30))
    )


def test_a_pool_that_one_request_has_set_up_is_not_told() -> None:
    assert not suspected(idle(4), *tasks(range(100, 300), 4, "main.setUp", "chan receive"))
    assert not suspected(*tasks(range(100, 300), 4, "main.setUp", "chan receive"))


def test_helpers_of_libraries_are_not_told() -> None:
    loops = [
        goroutine(
            1000 + n,
            "IO wait",
            "net/http.(*persistConn).readLoop:9",
            created=f"net/http.(*Transport).dialConn in goroutine {n}",
        )
        for n in range(100)
    ]
    openers = [
        goroutine(
            2000 + n,
            "select",
            "database/sql.(*DB).connectionOpener:9",
            created=f"database/sql.OpenDB in goroutine {n}",
        )
        for n in range(100)
    ]
    assert not suspected(*loops, *openers)


def test_who_reads_a_connection_that_the_handler_took_over_is_not_told() -> None:
    pumps = []
    for n in range(10, 40):
        by = f"main.serveSocket in goroutine {n}"
        read = ("net.(*conn).Read:196", "github.com/gorilla/websocket.(*Conn).ReadMessage:9")
        pumps.append(goroutine(1000 + n, "IO wait", *read, "main.readPump:30", created=by))
        pumps.append(goroutine(2000 + n, "select", "main.writePump:50", created=by))
    assert not suspected(serves(4, "main.serveSocket:9"), *pumps)


def test_a_list_that_is_not_whole_says_nothing_of_who_is_missing() -> None:
    cut = look(ACCEPTS, *each_one(range(10, 30)), "goroutine 99 [sleep]:\nmain.order.fu")
    assert not [*suspicions(Case([cut]))]
