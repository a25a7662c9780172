"""Who made whom in a trace, where those stand who do not wait, and how many could run."""

from __future__ import annotations

import pytest

from _trace_writer import (
    BLOCK,
    CREATE,
    DESTROY,
    NOBODY,
    PROCS_CHANGE,
    RUNNABLE,
    START,
    STATUS_STACK,
    STOP,
    SYSCALL,
    SYSCALL_END,
    UNBLOCK,
    Event,
    Generation,
    one,
    running,
)
from _traces import frame, goroutine, read
from snowshed.model import GoState


def test_where_somebody_was_interrupted_is_told_and_else_where_it_begins() -> None:
    generation = Generation()
    work, wait = generation.stack("main.work:20"), generation.stack("main.work:22")
    busy = generation.stack("main.work:25")
    reason, preempted = generation.string("sync"), generation.string("preempted")
    generation.on(1, 0, running(), *[(CREATE, 1, id_, work, 0) for id_ in (7, 8)])
    generation.on(2, 5, (START, 0, 7, 1), (BLOCK, 1, reason, wait), (UNBLOCK, 1, 7, 2, 0))
    generation.on(2, 9, (START, 0, 7, 3), (STOP, 5, preempted, busy))
    found = read(generation)
    interrupted, never_run = goroutine(found, 7), goroutine(found, 8)
    assert interrupted.stack == (frame("main.work", 25),)
    assert (interrupted.state, interrupted.reason) == (GoState.RUNNABLE, "")
    assert (never_run.state, never_run.stack) == (GoState.RUNNABLE, (frame("main.work", 20),))


def test_a_stack_without_a_name_tells_nothing_of_where_somebody_is() -> None:
    generation = Generation()
    begin = generation.stack("main.work:20")
    generation.on(1, 0, running(), (CREATE, 1, 7, begin, 0))
    following = Generation(id=2, base=9)
    following.on(NOBODY, 9, (STATUS_STACK, 0, 7, NOBODY, RUNNABLE, following.stack(":0")))
    assert goroutine(read(generation, following), 7).stack == (frame("main.work", 20),)


def test_who_has_ended_is_told_while_what_it_has_made_lives() -> None:
    generation = Generation()
    events: list[Event] = [running()]
    for id_ in range(2, 6):  # each makes the next and ends, and one that ends as well
        events += [(CREATE, 1, id_, 0, 0), (CREATE, 1, 10 * id_, 0, 0), (DESTROY, 1)]
        events += [(START, 1, 10 * id_, 1), (DESTROY, 1), (START, 1, id_, 1)]
    found = read(generation.on(1, 0, *events))
    assert [(each.id, each.creator) for each in found.goroutines] == [(5, 4)]
    told = [(each.id, each.creator, each.state) for each in found.ancestors]
    assert told == [(1, None, GoState.ENDED), *[(n, n - 1, GoState.ENDED) for n in (2, 3, 4)]]


def test_the_widest_that_one_goroutine_has_made_at_once_is_told() -> None:
    generation = Generation()
    begin, made = generation.stack("main.item:3"), generation.stack("main.serve:9")
    events: list[Event] = [running(), (CREATE, 1, 2, 0, 0), (CREATE, 1, 3, 0, 0)]
    for maker, count in ((2, 60), (3, 51), (2, 40)):
        ids = [10_000 * maker + 100 * count + number for number in range(count)]
        events += [(START, 1, maker, 1), *[(CREATE, 1, id_, begin, made) for id_ in ids]]
        for id_ in ids:
            events += [(START, 1, id_, 1), (DESTROY, 1)]
    found = read(generation.on(1, 0, *events))
    (path,) = (path for path in found.paths if path.function == "main.item")
    assert (path.count, path.live, path.peak) == (151, 0, 60)
    assert (path.widest, path.makers) == (60, 2)
    assert path.maker is not None
    assert (path.maker.id, path.maker.creator) == (2, 1)


@pytest.mark.parametrize("how", ["a call of the system", "a wait"])
def test_what_was_created_before_and_after_a_wait_is_not_for_one_request(how: str) -> None:
    generation = Generation()
    call = [(SYSCALL, 1, 1, 0), (SYSCALL_END, 1)]
    wait = [(BLOCK, 1, generation.string("sleep"), 0), (UNBLOCK, 1, 1, 1, 0), (START, 1, 1, 2)]
    begin, made = generation.stack("main.item:3"), generation.stack("main.serve:9")
    events: list[Event] = [running()]
    for index in range(100):
        if index in {30, 70}:
            events += call if how == "a call of the system" else wait
        events.append((CREATE, 1, 10 + index, begin, made))
    (path,) = (p for p in read(generation.on(1, 0, *events)).paths if p.function == "main.item")
    assert (path.peak, path.widest, path.makers) == (100, 40, 0)


def test_of_a_row_of_creators_that_have_ended_only_so_many_are_kept() -> None:
    events: list[Event] = [running()]
    for id_ in range(2, 1002):
        events += [(CREATE, 1, id_, 0, 0), (DESTROY, 1), (START, 1, id_, 1)]
    found = read(one(*events))
    assert [each.id for each in found.goroutines] == [1001]
    assert 0 < len(found.ancestors) <= 64
    assert found.ancestors[-1].id == 1000


def test_the_most_processors_at_once_are_told() -> None:
    changes = [(PROCS_CHANGE, 1, number, 0) for number in (2, 8, 4)]
    assert read(one(running(), *changes)).processors == 8
    assert read(one(running())).processors == 0
