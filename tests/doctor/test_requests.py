"""Which request a task works for: from dumps as Go writes them, and any graph of parents."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given

from doctor._dumps import goroutine
from doctor._family_dumps import ACCEPTS, idle, in_group, serves, tasks
from doctor.test_family import family, graphs
from snowshed.doctor._alike import Alike, alike_in
from snowshed.doctor._family import BUDGET, Family
from snowshed.doctor._requests import WORST_AT_MOST, Known, Requests, serving_in
from snowshed.model import Frame, Goroutine, RequestsOver, RequestTasks

SEARCH = Frame("main.search", "/srv/shop/main.go", 10)


def over(*goroutines: str, known: Known | None = None) -> RequestsOver:
    return Requests(family(ACCEPTS, *goroutines), known).over


def held(*goroutines: str) -> dict[int, int]:
    found = Requests(family(ACCEPTS, *goroutines))
    return {id_: lines.total() for id_, lines in found.held.items()}


def nested(numbers: Iterable[int], parents: Iterable[int]) -> list[str]:
    return [
        goroutine(n, "sleep", "main.price.func1:9", created=f"main.price in goroutine {p}")
        for n, p in zip(numbers, parents, strict=True)
    ]


def test_a_request_with_more_than_its_budget_is_told_with_the_line() -> None:
    search = serves(4, "main.search:75")
    assert over(search, *tasks(range(100, 912), 4)) == RequestsOver(
        50, 1, 1, (RequestTasks(4, 812, SEARCH),)
    )
    assert over(search, *tasks(range(100, 100 + BUDGET), 4)).over == 0


def test_all_that_was_started_below_counts() -> None:
    # Eight tasks, each in a call that has started eight.
    outer = [
        goroutine(
            n,
            "sync.WaitGroup.Wait",
            "sync.(*WaitGroup).Wait:1",
            "main.price:9",
            "main.search.func1:71",
            created="main.search in goroutine 4",
        )
        for n in range(10, 18)
    ]
    inner = nested(range(100, 164), [10 + n // 8 for n in range(64)])
    assert held(serves(4, "main.search:75"), *outer, *inner) == {4: 72}
    (worst,) = over(serves(4, "main.search:75"), *outer, *inner).worst
    assert worst.at.function == "main.price"


def test_what_a_group_has_started_is_told_at_the_line_that_waits() -> None:
    (worst,) = over(serves(4, "main.search:75"), *in_group(range(100, 300), 4)).worst
    assert worst == RequestTasks(4, 200, Frame("main.search", "/srv/shop/main.go", 75))


def test_the_worst_come_first_and_not_all_are_named() -> None:
    dump = []
    for request in range(40):
        dump.append(serves(10 + request, "main.search:75"))
        dump += tasks(range(1000 * request + 1000, 1000 * request + 1051 + request), 10 + request)
    found = over(*dump)
    assert (found.seen, found.over, len(found.worst)) == (40, 40, WORST_AT_MOST)
    assert [each.count for each in found.worst] == [*range(90, 70, -1)]


def test_a_worker_pool_of_main_and_idle_connections_are_no_requests_with_tasks() -> None:
    pool = tasks(range(100, 300), 1, "main.main", "chan receive")
    found = over(*pool, *map(idle, range(1000, 2000)))
    assert (found.seen, found.over) == (1000, 0)


def test_a_pool_that_a_request_has_set_up_is_not_its_own() -> None:
    pool = [*tasks(range(100, 300), 4, "main.startWorkers", "chan receive")]
    assert held(idle(4), *pool) == {}
    assert held(serves(4, "main.search:75"), *pool) == {}
    assert held(serves(5, "main.search:75"), *pool) == {}


def test_helpers_of_libraries_that_a_request_was_the_first_to_need_are_not_its_own() -> None:
    helpers = [
        goroutine(
            n,
            "IO wait",
            "net/http.(*persistConn).readLoop:9",
            created="net/http.(*Transport).dialConn in goroutine 4",
        )
        for n in range(100, 400)
    ]
    assert held(serves(4, "main.search:75"), *helpers) == {}


def test_a_request_that_has_ended_is_known_by_one_that_runs() -> None:
    gone = [*tasks(range(1001, 1201), 7)]
    (worst,) = over(serves(4, "main.search:75"), *gone).worst
    assert worst == RequestTasks(7, 200, SEARCH, gone=True)
    # Somebody else's function.
    assert over(serves(4, "main.list:75"), *gone).over == 0


def test_a_request_that_has_ended_is_known_by_one_that_has_started_the_same() -> None:
    gone = [*tasks(range(1001, 1201), 7)]
    (worst,) = over(idle(4), *tasks([500], 4), *gone).worst
    assert (worst.id, worst.gone) == (7, True)


def test_what_a_request_that_has_ended_has_started_with_a_group_is_known_too() -> None:
    (worst,) = over(serves(4, "main.search:75"), *in_group(range(1001, 1201), 7)).worst
    assert (worst.id, worst.count) == (7, 200)


def test_an_earlier_list_tells_who_served() -> None:
    gone = [*tasks(range(1001, 1201), 7), *tasks(range(2001, 2201), 8)]
    before = serving_in(family(ACCEPTS, idle(7), serves(9, "main.list:75")))
    assert before == Known(frozenset({7, 9}), frozenset({"main.list"}))
    assert over(*gone).over == 0
    (worst,) = over(*gone, known=before).worst
    assert worst.id == 7
    # Only one has ever come to that line: it may be a pool.
    assert over(*tasks(range(1001, 1201), 7), known=before).over == 0


def test_one_from_each_of_many_requests_of_a_connection_is_not_of_one() -> None:
    spread = [*tasks(range(1001, 3001, 10), 7)]
    assert over(serves(4, "main.search:75"), *spread).over == 0


def test_short_lives_that_are_no_handlers_are_no_requests() -> None:
    gone = [each for n in range(5) for each in tasks(range(1000 * n, 1000 * n + 100), 20 + n)]
    assert over(*gone).over == 0


def test_connections_of_a_server_of_the_programs_own_are_requests() -> None:
    accepts = goroutine(2, "IO wait", "net.(*TCPListener).Accept:380", "main.listen:8")
    handle = goroutine(
        4,
        "sync.WaitGroup.Wait",
        "sync.(*WaitGroup).Wait:1",
        "main.search:75",
        "main.handle:20",
        created="main.listen in goroutine 2",
    )
    found = over(accepts, handle, *tasks(range(1001, 1101), 4))
    assert (found.seen, found.worst) == (1, (RequestTasks(4, 100, SEARCH),))


def test_a_long_chain_of_tasks_is_gone_along_and_not_called_down() -> None:
    serve = Frame("net/http.(*conn).serve", "net/http/server.go", 2109)
    request = Alike("sync.WaitGroup.Wait", (SEARCH, serve), None)
    request.add(1, None)
    task = Alike("sync.WaitGroup.Wait", (SEARCH,), SEARCH)
    for number in range(2, 100_002):
        task.add(number, number - 1)
    found = Requests(Family([request, task]))
    assert {id_: lines.total() for id_, lines in found.held.items()} == {1: 100_000}


@given(graphs())
def test_any_parents_end_and_add_up(goroutines: list[Goroutine]) -> None:
    found = Requests(Family(alike_in(goroutines)))
    total = sum(lines.total() for lines in found.held.values())
    assert total <= len(goroutines)
    assert found.over.over == sum(lines.total() > BUDGET for lines in found.held.values())
