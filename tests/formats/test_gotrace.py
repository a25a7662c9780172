"""What each event of an execution trace says of goroutines, in traces that were made by hand."""

from __future__ import annotations

import io

import pytest

from _trace_writer import (
    BLOCK,
    CREATE,
    CREATE_BLOCKED,
    CREATE_SYSCALL,
    DESTROY,
    DESTROY_SYSCALL,
    IN_SYSCALL,
    NOBODY,
    PROC_START,
    RUNNABLE,
    RUNNING,
    START,
    STATUS,
    STATUS_STACK,
    STOP,
    STW_BEGIN,
    STW_END,
    SWITCH,
    SWITCH_DESTROY,
    SYSCALL,
    SYSCALL_END,
    SYSCALL_END_BLOCKED,
    UNBLOCK,
    WAITING,
    Event,
    Generation,
    batch,
    header,
    number,
    numbers,
    one,
    running,
    trace,
)
from _traces import NANO, frame, goroutine, nanos, place, read
from snowshed.formats import gotrace
from snowshed.model import GoState


def test_the_life_of_a_goroutine_from_creation_to_end() -> None:
    generation = Generation(base=1000)
    spawn = generation.stack("main.spawn:10", "main.main:3")
    work = generation.stack("main.work:20")
    wait = generation.stack("runtime.chanrecv:9", "main.work:22")
    wake = generation.stack("main.main:5")
    reason = generation.string("chan receive")
    generation.on(1, 1000, running(), (CREATE, 10, 7, work, spawn), (UNBLOCK, 490, 7, 2, wake))
    generation.on(2, 1000, (START, 100, 7, 1), (BLOCK, 200, reason, wait))
    generation.on(2, 1600, (START, 0, 7, 3), (DESTROY, 50))
    found = read(generation)
    ended = goroutine(found, 7)
    assert (ended.function, ended.creator, ended.state) == ("main.work", 1, GoState.ENDED)
    assert ended.created_at == (frame("main.spawn", 10), frame("main.main", 3))
    assert ended.created_after == pytest.approx(10 * NANO)
    assert ended.first_run_after == pytest.approx(90 * NANO)
    # Runnable from 1010 to 1100 and 1500 to 1600, waiting from 1300 until then.
    assert nanos(ended.times) == (190, 250, 200, 0)
    assert ended.state_for == pytest.approx(640 * NANO)
    assert (ended.reason, ended.stack[-1]) == ("chan receive", frame("main.work", 22))
    assert (ended.woken_by, ended.woken_at) == (1, (frame("main.main", 5),))
    assert ended.moved
    (main,) = found.goroutines
    assert (main.id, main.created_after, main.state) == (1, None, GoState.RUNNING)
    assert nanos(main.times) == (0, 650, 0, 0)


def test_a_wait_is_counted_where_it_began() -> None:
    generation = Generation(base=0)
    wait = generation.stack("main.work:22")
    reasons = [generation.string(reason) for reason in ("sync", "network")]
    # A thread that has nobody to run looks at the timers and the network, and wakes whom it finds.
    generation.on(1, 0, running(), (BLOCK, 10, reasons[0], wait), (UNBLOCK, 5, 1, 1, 0))
    generation.on(2, 0, (UNBLOCK, 40, 1, 3, 0))
    generation.on(1, 17, (START, 0, 1, 2), (BLOCK, 3, reasons[0], wait))
    generation.on(1, 45, (START, 0, 1, 4), (BLOCK, 5, reasons[1], wait), (PROC_START, 10, 0, 1))
    found = read(generation)
    once = place(found, "sync")
    assert (once.count, once.open, once.stack) == (2, 0, (frame("main.work", 22),))
    assert once.seconds == pytest.approx(25 * NANO)
    assert once.wakers == (((), 2),)
    lasting = place(found, "network")
    assert (lasting.count, lasting.seconds, lasting.open) == (0, 0.0, 1)
    assert lasting.open_seconds == pytest.approx(10 * NANO)
    (waiter,) = found.goroutines
    assert (waiter.state, waiter.reason) == (GoState.WAITING, "network")
    assert (waiter.woken_by, waiter.woken_at) == (None, ())
    assert waiter.state_for == pytest.approx(10 * NANO)


def test_a_wait_that_takes_no_time_is_none_as_for_the_tool() -> None:
    generation = Generation()
    generation.on(1, 0, running(), (BLOCK, 10, generation.string("sync"), 0))
    generation.on(2, 0, (UNBLOCK, 10, 1, 1, 0))
    assert place(read(generation), "sync").count == 0


@pytest.mark.parametrize(
    "before",
    [
        (STOP, 1, 0, 0),
        (BLOCK, 1, 0, 0),
        (STATUS, 1, 8, 2, IN_SYSCALL),
        (STATUS, 1, 8, NOBODY, RUNNABLE),
    ],
    ids=["it has stopped", "it waits", "in a call on another thread", "on no thread"],
)
def test_who_does_not_run_on_a_thread_wakes_nobody_from_there(before: Event) -> None:
    first = [running()] * (before[0] != STATUS)
    waiting = (STATUS, 0, 7, NOBODY, WAITING)
    found = read(one(*first, before, waiting, (UNBLOCK, 1, 7, 1, 0)))
    woken = goroutine(found, 7)
    assert (woken.state, woken.woken_by) == (GoState.RUNNABLE, None)


def test_who_is_in_a_call_on_a_thread_goes_on_there() -> None:
    found = read(one((STATUS, 0, 8, 1, IN_SYSCALL), (SYSCALL_END, 5), (PROC_START, 9, 0, 1)))
    assert nanos(goroutine(found, 8).times) == (0, 9, 0, 5)


def test_who_stops_or_yields_is_runnable_and_its_thread_runs_nobody() -> None:
    generation = Generation()
    preempted = generation.string("preempted")
    generation.on(1, 0, running(), (STOP, 10, preempted, 0), (START, 20, 2, 1), (STOP, 30, 0, 0))
    generation.on(2, 40, (STATUS, 0, 1, NOBODY, RUNNABLE), (START, 1, 1, 1), (DESTROY, 29))
    found = gotrace.read(io.BytesIO(trace(generation)))
    assert nanos(goroutine(found, 1).times) == (31, 39, 0, 0)


def test_calls_of_the_system_end_at_once_or_without_a_processor() -> None:
    generation = Generation()
    call = generation.stack("syscall.read:1")
    generation.on(
        1,
        0,
        running(),
        *[(SYSCALL, 10, 1, call), (SYSCALL_END, 5)],
        *[(SYSCALL, 10, 2, call), (SYSCALL_END_BLOCKED, 7)],
        *[(START, 3, 1, 1), (SYSCALL, 1, 3, call), (PROC_START, 4, 0, 3)],
    )
    found = read(generation)
    assert nanos(found.goroutines[0].times) == (3, 21, 0, 16)
    assert found.goroutines[0].state == GoState.SYSCALL
    calls = place(found, "syscall")
    assert (calls.count, calls.open, calls.stack) == (2, 1, (frame("syscall.read", 1),))
    assert calls.seconds == pytest.approx(12 * NANO)


def test_a_call_from_c_is_a_goroutine_that_begins_and_ends_in_a_call_of_the_system() -> None:
    found = read(
        one((CREATE_SYSCALL, 5, 9), (SYSCALL_END, 10), (SYSCALL, 20, 1, 0), (DESTROY_SYSCALL, 7))
    )
    called = goroutine(found, 9)
    assert (called.state, called.creator, called.moved) == (GoState.ENDED, None, True)
    assert called.first_run_after == 0.0
    assert nanos(called.times) == (0, 20, 0, 17)
    (path,) = found.paths
    assert (path.older, path.stack, path.count, path.live) == (False, (), 1, 0)


def test_coroutines_hand_over_to_each_other() -> None:
    generation = Generation()
    create = generation.stack("iter.Pull:1")
    generation.on(
        1,
        0,
        running(),
        (CREATE_BLOCKED, 10, 5, generation.stack("runtime.corostart:2"), create),
        *[(SWITCH, 10, 5, 1), (SWITCH, 30, 1, 1), (SWITCH, 5, 5, 2), (SWITCH_DESTROY, 2, 1, 2)],
        (PROC_START, 50, 0, 1),
    )
    found = read(generation)
    assert nanos(goroutine(found, 5).times) == (0, 32, 15, 0)
    assert goroutine(found, 5).first_run_after == pytest.approx(10 * NANO)
    assert nanos(goroutine(found, 1).times) == (0, 75, 32, 0)
    assert goroutine(found, 1).state == GoState.RUNNING


@pytest.mark.parametrize("first", [1, 2])
def test_what_two_threads_did_at_the_same_tick_is_in_the_order_in_which_it_can_be(
    first: int,
) -> None:
    # Goroutine 1 is created, run, blocked, woken and run again by two threads within two ticks.
    generation = Generation()
    batches = {
        1: ((STATUS, 0, 3, 1, RUNNING), (CREATE, 10, 1, 0, 0), (UNBLOCK, 20, 1, 1, 0)),
        2: ((START, 10, 1, 1), (BLOCK, 20, 0, 0)),
    }
    for thread in (first, 3 - first):
        generation.on(thread, 0, *batches[thread])
    generation.on(3, 30, (START, 0, 1, 2), (PROC_START, 5, 0, 1))
    only = goroutine(read(generation), 1)
    assert nanos(only.times) == (0, 25, 0, 0)
    assert (only.state, only.first_run_after, only.woken_by) == (GoState.RUNNING, 0.0, 3)


def test_batches_may_come_in_any_order_but_those_of_a_thread() -> None:
    generation = Generation()
    generation.on(2, 500, (START, 0, 1, 1), (PROC_START, 100, 0, 1))
    generation.on(1, 0, running(), (STOP, 10, 0, 0), (PROC_START, 700, 0, 1))
    assert nanos(goroutine(read(generation), 1).times) == (490, 220, 0, 0)


def test_what_is_older_than_the_trace_is_in_its_state_from_the_start() -> None:
    generation = Generation()
    stack = generation.stack("runtime.gopark:1", "main.accept:2")
    generation.on(1, 100, running(), (PROC_START, 10, 0, 1), (UNBLOCK, 20, 4, 1, 0))
    generation.on(2, 150, (STATUS, 0, 2, 2, IN_SYSCALL), (SYSCALL_END, 10))
    generation.on(2, 170, (STATUS, 0, 4, NOBODY, RUNNABLE))
    generation.on(NOBODY, 200, (STATUS_STACK, 0, 3, NOBODY, WAITING, stack))
    found = gotrace.read(io.BytesIO(trace(generation)))
    idle = goroutine(found, 3)
    assert (idle.moved, idle.state, idle.function) == (False, GoState.WAITING, "main.accept")
    assert idle.state_for == pytest.approx(100 * NANO)
    assert nanos(idle.times) == (0, 0, 100, 0)
    assert idle.stack == (frame("runtime.gopark", 1), frame("main.accept", 2))
    assert (idle.reason, idle.woken_by) == ("", None)
    called = goroutine(found, 2)
    assert called.moved
    assert nanos(called.times) == (0, 40, 0, 60)
    # As `go tool trace -pprof=syscall` does: from where it was seen.
    assert place(found, "syscall").seconds == pytest.approx(10 * NANO)
    older = [path for path in found.paths if path.function == "main.accept"]
    assert [(path.older, path.count, path.live, path.rate) for path in older] == [(True, 1, 1, 0.0)]


def test_the_program_is_stopped_by_a_thread_and_goes_on() -> None:
    generation = Generation(base=100)
    collect = generation.stack("runtime.gcStart:1")
    kind = generation.string("GC mark termination")
    generation.on(1, 100, running(), (STW_BEGIN, 50, kind, collect), (STW_END, 30))
    generation.on(2, 100, (STW_END, 60), (STW_BEGIN, 60, generation.string("GOMAXPROCS"), 0))
    following = Generation(id=2, base=300).on(2, 300, (STW_END, 20))
    first, second = read(generation, following).pauses
    assert (first.kind, first.stack) == ("GC mark termination", (frame("runtime.gcStart", 1),))
    assert (first.after, first.seconds) == (pytest.approx(50 * NANO), pytest.approx(30 * NANO))
    assert (second.kind, second.stack) == ("GOMAXPROCS", ())
    assert second.seconds == pytest.approx(100 * NANO)


# How many numbers follow the type of each event, the time included.
ARGUMENTS = """
    9:3 10:3 11:1 12:4 13:3 14:4 15:2 16:3 17:1 18:1 19:3 20:3 21:4 22:3 23:1 24:1 25:4 26:3 27:1
    28:2 29:3 30:2 31:2 32:2 33:3 34:2 35:2 36:1 37:2 38:2 39:2 40:5 41:3 42:4 43:4 44:5 45:3 46:3
    47:4 48:5 128:4 129:4 130:2 131:3 132:3 133:2 134:3 135:3 136:2
"""
SIZES = {int(kind): int(size) for kind, size in (pair.split(":") for pair in ARGUMENTS.split())}


@pytest.mark.parametrize("argument", [1, 300, NOBODY])
@pytest.mark.parametrize("kind", SIZES)
def test_what_follows_an_event_is_read(kind: int, argument: int) -> None:
    generation = Generation()
    event = (kind, 5, *[argument] * (SIZES[kind] - 1))
    # Twice, since one above 127 is where another way of reading begins.
    generation.on(1, 0, event, event, (STATUS, 1, 77, 1, RUNNING), (BLOCK, 9, 0, 0))
    found = gotrace.read(io.BytesIO(trace(generation)))
    assert not any("batches" in warning for warning in found.warnings)
    assert goroutine(found, 77).state == GoState.WAITING
    assert found.seconds == pytest.approx(20 * NANO)
    # Beside these four: batches, tables, the clock, the end.
    assert sum(found.events.values()) == 4 + 4 + 2 + 3 + 1


def test_all_events_are_counted_by_name() -> None:
    generation = Generation()
    generation.stack("main.main:1")
    generation.on(1, 0, running(), (SYSCALL, 1, 1, 0), (SYSCALL_END, 1), (SYSCALL, 1, 2, 0))
    samples = numbers(*[7, 5, 1, 0, 1, 0] * 3)
    generation.raw(NOBODY, 0, b"\x06" + samples)
    generation.batches.append(batch(1, NOBODY, 0, b"whatever", experiment=1))
    assert read(generation).events == {
        "EventBatch": 5,
        "Stacks": 1,
        "Stack": 1,
        "Strings": 1,
        "String": 2,
        "CPUSamples": 1,
        "CPUSample": 3,
        "Sync": 1,
        "Frequency": 1,
        "ClockSnapshot": 1,
        "GoStatus": 1,
        "GoSyscallBegin": 2,
        "GoSyscallEnd": 1,
        "ExperimentalBatch": 1,
        "EndOfGeneration": 1,
    }


def test_a_path_has_its_count_rate_peak_and_the_longest_of_its_goroutines() -> None:
    generation = Generation()
    spawn, work = generation.stack("main.spawn:1"), generation.stack("main.work:2")
    events: list[Event] = [running()]
    for id_ in range(2, 12):
        events.append((CREATE, 10, id_, work, spawn))
        if id_ >= 4:  # three at a time
            events.append((STOP, 0, 0, 0))
            events += [(START, 1, id_ - 2, 1), (DESTROY, id_), (START, 0, 1, 9)]
    generation.on(1, 0, *events, (PROC_START, 1000, 0, 1))
    found = read(generation)
    (path,) = (path for path in found.paths if not path.older)
    assert (path.count, path.live, path.peak, path.started) == (10, 2, 3, 8)
    assert path.rate == pytest.approx(10 / found.seconds)
    assert [sample.id for sample in path.samples] == [9, 8, 7, 6]
    lives = [sample.state_for for sample in path.samples]
    assert lives == sorted(lives, reverse=True)
    assert path.first_run_most == max(each.first_run_after or 0 for each in path.samples)
    assert round(path.times.running / NANO) == sum(range(4, 12))
    assert {each.id for each in found.goroutines} == {1, 10, 11}


def test_the_peak_is_of_those_that_lived_at_once() -> None:
    def life(id_: int) -> list[Event]:
        return [(START, 1, id_, 1), (DESTROY, 1), (START, 1, 1, 1)]

    two = [(CREATE, 1, 2, 0, 0), (CREATE, 1, 3, 0, 0), (STOP, 1, 0, 0), *life(2)]
    later = [(STOP, 1, 0, 0), *life(3), (CREATE, 1, 4, 0, 0)]
    (path,) = (path for path in read(one(running(), *two, *later)).paths if not path.older)
    assert (path.count, path.peak, path.live) == (3, 2, 1)


def test_a_function_that_the_compiler_made_gives_way_to_the_one_in_it() -> None:
    generation = Generation()
    wrapper = generation.stack("main.serve.gowrap1:7")
    spawn, stack = generation.stack("main.serve:7"), generation.stack("a.lock:1", "main.work:2")
    generation.on(1, 0, running(), (CREATE, 1, 2, wrapper, spawn), (CREATE, 1, 3, wrapper, spawn))
    generation.on(2, 5, (START, 0, 2, 1), (BLOCK, 1, generation.string("sync"), stack))
    found = read(generation)
    assert {path.function for path in found.paths} == {"", "main.work"}
    assert {each.function for each in found.goroutines} == {"", "main.work"}


@pytest.mark.parametrize("head", [header(26), header(22), header(11), b"go 1.5 trace\0\0\0\0"])
def test_a_trace_is_known_by_its_head(head: bytes) -> None:
    assert gotrace.is_trace(head)
    assert not gotrace.is_trace(head[3:])


def test_a_size_may_be_written_in_any_length() -> None:
    content = bytes((STATUS,)) + number(0, 3) + number(1, 10) + number(1, 5) + number(2, 2)
    found = read(Generation().raw(1, 0, content))
    assert goroutine(found, 1).state == GoState.RUNNING
