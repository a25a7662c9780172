from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor._dumps import goroutine
from doctor._family_dumps import ACCEPTS, idle, in_group, serves, tasks
from snowshed.doctor._alike import alike_in
from snowshed.doctor._family import BLOCK, BUDGET, Bond, Family
from snowshed.formats.goroutines import read
from snowshed.model import Frame, Goroutine, GoroutineDump

MANY = range(1001, 1001 + 4 * BUDGET)
SPREAD = range(1001, 1001 + 40 * BUDGET, 10)


def family(*goroutines: str, whole: bool = True) -> Family:
    dump = read("\n".join(goroutines))
    assert isinstance(dump, GoroutineDump)
    return Family(alike_in(dump.goroutines), whole=whole)


def bonds(*goroutines: str) -> set[Bond]:
    found = family(*goroutines)
    return {found.bond(each) for each in found.tasks}


def test_tasks_are_counted_by_maker_and_line() -> None:
    found = family(ACCEPTS, serves(4, "main.search:75"), *tasks(range(10, 18), 4), *tasks([20], 1))
    assert {(each.parent, each.size) for each in found.tasks} == {(4, 8), (1, 1)}
    assert found.served.total() == 1
    assert found.gone == frozenset()
    (line,) = {each.line for each in found.tasks}
    assert found.ids_of(line) == {*range(10, 18), 20}


def test_who_made_somebody_and_is_not_there_has_ended() -> None:
    (task,) = tasks([5], 4)
    assert family(ACCEPTS, task).gone == {4}
    assert family(ACCEPTS, task, whole=False).gone == frozenset()
    assert bonds(ACCEPTS, task) == {Bond.GONE}


def test_in_a_list_that_is_not_whole_nothing_is_said_of_who_is_missing() -> None:
    (task,) = tasks([5], 4)
    found = family(ACCEPTS, task, whole=False)
    assert found.bond(found.tasks[0]) is Bond.ELSEWHERE


def test_a_few_are_held_while_their_maker_is_where_it_made_them() -> None:
    assert bonds(serves(4, "main.search:75", state="IO wait"), *tasks([5, 6], 4)) == {Bond.HELD}
    assert bonds(serves(4, "main.list:75", state="IO wait"), *tasks([5, 6], 4)) == {Bond.ELSEWHERE}
    assert bonds(idle(4), *tasks([5, 6], 4)) == {Bond.BACK}


def test_a_few_are_held_while_their_maker_waits_further_out() -> None:
    assert bonds(serves(4, "main.list:75"), *tasks([5, 6], 4)) == {Bond.HELD}


@pytest.mark.parametrize(
    ("ids", "state", "bond"),
    [
        (MANY, "sync.WaitGroup.Wait", Bond.HELD),
        (MANY, "running", Bond.HELD),
        (MANY, "IO wait", Bond.HELD),
        (SPREAD, "sync.WaitGroup.Wait", Bond.HELD),
        (SPREAD, "chan receive", Bond.HELD),
        # One from each of many requests, on a connection that is never idle.
        (SPREAD, "IO wait", Bond.ELSEWHERE),
        (SPREAD, "running", Bond.ELSEWHERE),
    ],
)
def test_many_are_held_if_it_is_seen_that_one_loop_made_them(
    ids: range, state: str, bond: Bond
) -> None:
    assert bonds(serves(4, "main.search:75", state=state), *tasks(ids, 4)) == {bond}


@pytest.mark.parametrize(("there", "bond"), [(0, Bond.HELD), (60, Bond.ELSEWHERE), (90, Bond.HELD)])
def test_what_adds_up_at_a_connection_is_not_of_one_request(there: int, bond: Bond) -> None:
    handler = serves(4, "main.search:75", state="select")
    before = family(handler, *tasks(range(100, 100 + there), 4))
    dump = read("\n".join([handler, *tasks(range(100, 190), 4)]))
    assert isinstance(dump, GoroutineDump)
    found = Family(alike_in(dump.goroutines), before=before)
    assert {found.bond(each) for each in found.tasks} == {bond}


def test_many_that_were_started_once_by_a_call_that_is_over_may_be_a_pool() -> None:
    pool = tasks(MANY, 4, "main.startWorkers")
    assert bonds(serves(4, "main.search:75"), *pool) == {Bond.ELSEWHERE}
    two = [*tasks(MANY, 4, "main.each"), *tasks(range(5001, 5101), 5, "main.each")]
    both = serves(4, "main.search:75"), serves(5, "main.search:75")
    assert bonds(*both, *two) == {Bond.HELD}


def test_a_handler_in_a_goroutine_of_its_own_is_held_by_that_of_the_server() -> None:
    by = "net/http.(*timeoutHandler).ServeHTTP"
    handler = goroutine(
        5, "sleep", "main.search:75", f"{by}.func1:3", created=f"{by} in goroutine 4"
    )
    assert bonds(serves(4, f"{by}:9", state="select"), handler) == {Bond.HELD}


def test_what_a_group_starts_is_held_by_who_waits_for_it() -> None:
    assert bonds(serves(4, "main.search:75"), *in_group(MANY, 4)) == {Bond.HELD}


def test_connections_of_a_server_of_the_programs_own_are_no_tasks() -> None:
    accepts = goroutine(1, "IO wait", "net.(*TCPListener).Accept:380", "main.main:8", created="")
    connections = [
        goroutine(number, "IO wait", "main.handle:20", created="main.main in goroutine 1")
        for number in range(5, 500)
    ]
    found = family(accepts, *connections)
    assert found.tasks == []
    assert found.served.total() == 495


@pytest.mark.parametrize(
    ("count", "step", "burst"), [(60, 1, True), (60, 2, True), (60, 4, False), (50, 1, False)]
)
def test_a_burst_is_known_by_its_numbers(count: int, step: int, burst: bool) -> None:
    ids = range(BLOCK + 1, BLOCK + 1 + count * step, step)
    found = family(ACCEPTS, *tasks(ids, 4))
    assert found.is_burst(found.tasks[0]) is burst


def test_a_goroutine_that_is_listed_twice_breaks_nothing() -> None:
    twice = [*tasks([5], 4), *tasks([5], 4), serves(4, "main.search:75")]
    assert sum(each.size for each in family(*twice).tasks) == 2


def frame(function: str, file: str = "/srv/shop/main.go") -> Frame:
    return Frame(function, file, 5)


ROOT, INNER, TASK = map(frame, ("net/http.(*conn).serve", "main.walk", "main.walk.func1"))
ACCEPT = (frame("net.(*TCPListener).Accept"), INNER)
GROUP = frame("sync.(*WaitGroup).Go")
LIBRARY = frame("github.com/x/y.Do", "/go/pkg/mod/github.com/x/y@v1.0/y.go")
STACKS = [(INNER,), (ROOT,), (INNER, ROOT), (LIBRARY, ROOT), ACCEPT, (TASK, GROUP), (LIBRARY,), ()]


@st.composite
def graphs(draw: st.DrawFn) -> list[Goroutine]:
    """Any goroutines with any parents: missing ones, circles, themselves, the same number twice."""
    ids = draw(st.lists(st.integers(1, 30), max_size=40))
    return [
        Goroutine(
            id_,
            draw(st.sampled_from(["sleep", "sync.WaitGroup.Wait", "chan send", "IO wait"])),
            draw(st.sampled_from(STACKS)),
            created_by=draw(st.sampled_from([None, ROOT, INNER, GROUP, LIBRARY])),
            parent=draw(st.sampled_from([None, *range(35)])),
        )
        for id_ in ids
    ]


@given(graphs())
def test_any_parents_add_up(goroutines: list[Goroutine]) -> None:
    found = Family(alike_in(goroutines))
    made = [each for each in goroutines if each.parent]
    there = {each.id for each in goroutines}
    assert sum(map(sum, (counts.values() for counts in found.made))) == len(goroutines)
    assert found.gone == {each.parent for each in made} - there
    assert sum(each.size for each in found.tasks) + found.served.total() <= len(goroutines)
    for each in found.tasks:
        assert found.started[each.line][each.parent] >= each.size
        assert found.bond(each) in Bond
        assert (found.bond(each) is Bond.GONE) is (each.parent in found.gone)
