"""What a trace shows is told in the words of dumps, and who moved in it is known."""

from __future__ import annotations

import contextlib
import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _trace_writer import (
    BLOCK,
    CREATE,
    DESTROY,
    NOBODY,
    RUNNING,
    START,
    STATUS,
    STATUS_STACK,
    UNBLOCK,
    WAITING,
    Event,
    Generation,
)
from _traces import frame, read
from doctor._dumps import GO
from doctor._patient import Patient, patient
from doctor._tracing import traced
from snowshed.doctor import diagnose, load, look_at, text
from snowshed.doctor._traced import Motion, goroutines_in, lists_all, motions_in, word_for
from snowshed.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.model import Frame, GoTrace

WAYS = {
    *("chan send", "chan receive", "select", "select (no cases)", "sleep", "IO wait"),
    *("sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.WaitGroup.Wait", "sync.Cond.Wait"),
}


@pytest.fixture(scope="module")
def service() -> Iterator[Patient]:
    with patient("traced") as running:
        yield running


def in_dump(service: Patient) -> set[tuple[int, str, tuple[Frame, ...]]]:
    loaded = load("dump", service.get("debug/pprof/goroutine?debug=2"))
    look = look_at(loaded)
    assert look is not None
    return {
        (each.id, group.where.state, each.stack)
        for group in look.groups
        for each in group.members
        if each.stack[-1].function.startswith("main.") and each.stack[-1].function != "main.main"
    }


def in_trace(trace: GoTrace, ids: set[int]) -> dict[int, tuple[str, Frame, bool]]:
    return {
        each.id: (each.state.removesuffix(" (nil chan)"), each.stack[-1], seen.moved)
        for seen, each in goroutines_in(trace)
        if each.id in ids
    }


@pytest.mark.house
@pytest.mark.slow
@pytest.mark.server
def test_in_a_real_service_each_wait_is_called_as_in_a_dump(service: Patient) -> None:
    came = traced(service, lambda: service.get("wait/3?traced"), seconds=2)
    stood = traced(service)
    listed = in_dump(service)
    assert {state for _, state, _ in listed} >= WAYS
    ids = {id_ for id_, _, _ in listed}
    for trace, moved in ((came, True), (stood, False)):
        assert lists_all(trace)
        assert in_trace(trace, ids) == {
            id_: (state, stack[-1], moved) for id_, state, stack in listed
        }
    nil = {each.state for _, each in goroutines_in(came) if each.state.endswith(" (nil chan)")}
    assert nil == {"chan receive (nil chan)"}


@pytest.mark.parametrize(
    ("reason", "calls", "word"),
    [
        ("chan send", ["runtime.chansend1"], "chan send"),
        ("network", ["internal/poll.(*FD).Read"], "IO wait"),
        ("sync", ["sync.(*Mutex).Lock", "main.f"], "sync.Mutex.Lock"),
        ("sync", ["internal/sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock"], "sync.Mutex.Lock"),
        ("sync", ["sync.(*Mutex).Lock", "sync.(*RWMutex).Lock"], "sync.Mutex.Lock"),
        ("sync", ["sync.(*RWMutex).Lock", "main.f"], "sync.RWMutex.Lock"),
        ("sync", ["golang.org/x/sync/semaphore.(*Weighted).Acquire"], "semacquire"),
        ("forever", ["runtime.block", "main.f"], "select (no cases)"),
        ("forever", ["runtime.chansend1", "main.f"], "chan send (nil chan)"),
        ("forever", ["main.f"], "waiting"),
        ("what no Go has said yet", [], "what no Go has said yet"),
    ],
)
def test_words_of_a_trace_become_those_of_dumps(reason: str, calls: list[str], word: str) -> None:
    assert word_for(reason, tuple(frame(call, 1) for call in calls)) == word


def standing(generation: Generation, id_: int, function: str) -> Event:
    stack = generation.stack("runtime.gopark:1", "runtime.chansend1:2", f"{function}:7")
    return (STATUS_STACK, 0, id_, NOBODY, WAITING, stack)


def motions(found: GoTrace) -> dict[int, Motion]:
    placed = [
        (seen, each.stack[-1].line if each.stack else 0) for seen, each in goroutines_in(found)
    ]
    return motions_in(found, placed)


def test_who_stood_still_is_told_from_who_moved_and_who_is_new() -> None:
    generation = Generation()
    begin, made = generation.stack("main.bill:1"), generation.stack("main.serve:3")
    wait, word = (
        generation.stack("runtime.chansend1:2", "main.bill:7"),
        generation.string("chan send"),
    )
    first = [(STATUS, 0, 1, 1, RUNNING), (STATUS, 0, 10, NOBODY, WAITING)]
    generation.on(1, 0, *first, (CREATE, 1, 20, begin, made), (UNBLOCK, 1, 10, 1, 0))
    generation.on(2, 5, (START, 0, 20, 1), (BLOCK, 1, word, wait))
    generation.on(2, 7, (START, 0, 10, 2), (BLOCK, 1, word, wait))
    generation.on(NOBODY, 9, *[standing(generation, id_, "main.bill") for id_ in (11, 12, 13)])
    motion = motions(read(generation))[7]
    assert (motion.still, motion.moved, motion.born) == (3, 1, 1)
    assert (motion.created, motion.ended, motion.gone) == (1, 0, 0)
    assert (motion.gained, motion.before, motion.stood_still) == (1, 4, 0.75)
    assert motion.seconds == pytest.approx(9e-9)


def test_what_mostly_ends_does_not_grow() -> None:
    generation = Generation()
    begin, made = generation.stack("main.bill:1"), generation.stack("main.serve:3")
    wait, word = (
        generation.stack("runtime.chansend1:2", "main.bill:7"),
        generation.string("chan send"),
    )
    events: list[Event] = [(STATUS, 0, 1, 1, RUNNING)]
    for id_ in range(2, 8):
        events += [(CREATE, 1, id_, begin, made), (BLOCK, 0, word, 0), (START, 1, id_, 1)]
        events += [(DESTROY, 1) if id_ < 6 else (BLOCK, 1, word, wait)]
        events += [(UNBLOCK, 1, 1, id_, 0), (START, 1, 1, 50 + id_)]
    motion = motions(read(generation.on(1, 0, *events)))[7]
    assert (motion.born, motion.created, motion.ended, motion.gained) == (2, 6, 4, 0)


def test_who_takes_the_place_of_another_is_no_growth() -> None:
    generation = Generation()
    begin, made = generation.stack("main.bill:1"), generation.stack("main.serve:3")
    old, wait = (
        generation.stack("main.bill:5"),
        generation.stack("runtime.chansend1:2", "main.bill:7"),
    )
    word = generation.string("chan send")
    events: list[Event] = [(STATUS, 0, 1, 1, RUNNING), (CREATE, 1, 20, begin, made)]
    generation.on(1, 0, *events)
    generation.on(2, 5, (START, 0, 20, 1), (BLOCK, 1, word, wait))
    generation.on(NOBODY, 3, (STATUS_STACK, 0, 9, NOBODY, WAITING, old))
    following = Generation(id=2, base=20)
    stays = following.stack("runtime.gopark:1", "runtime.chansend1:2", "main.bill:7")
    following.on(1, 20, (STATUS, 0, 1, 1, RUNNING), (STATUS, 0, 9, NOBODY, WAITING))
    following.on(1, 25, (UNBLOCK, 0, 9, 1, 0))
    following.on(2, 26, (START, 0, 9, 2), (DESTROY, 1))
    following.on(NOBODY, 30, (STATUS_STACK, 0, 20, NOBODY, WAITING, stays))
    motion = motions(read(generation, following))[7]
    assert (motion.born, motion.gone, motion.gained) == (1, 1, 0)
    assert Motion(1.0, born=5, created=5, gone=5).gained == 0
    assert Motion(1.0, born=5, created=5, gone=2).gained == 3


def test_where_others_get_through_it_is_load_that_grows() -> None:
    assert Motion(1.0, born=30, created=30, passed=29).gained == 30
    assert Motion(1.0, born=30, created=30, passed=30).gained == 0
    seen = look_at(load("trace", (GO / "trace.out.gz").read_bytes()))
    assert seen is not None
    passed = {where.at.function: motion.passed for where, motion in seen.motions.items()}
    assert passed["main.ticking"] == 78
    assert passed["main.idle"] == 0


def test_those_of_the_runtime_are_left_out_as_in_a_dump() -> None:
    generation = Generation()
    names = ["runtime.bgsweep", "runtime/trace.read", "main.main", "runtime.corostart"]
    waits = [standing(generation, id_, name) for id_, name in enumerate(names, 2)]
    found = read(generation.on(NOBODY, 0, *waits))
    assert [each.id for _, each in goroutines_in(found)] == [3, 4, 5]


def test_one_that_has_never_run_stands_where_it_begins() -> None:
    generation = Generation()
    begin, made = generation.stack("main.bill:1"), generation.stack("main.pay:3", "main.serve:9")
    found = read(generation.on(1, 0, (STATUS, 0, 4, 1, RUNNING), (CREATE, 1, 20, begin, made)))
    (new,) = (each for _, each in goroutines_in(found) if each.id == 20)
    assert (new.state, new.stack, new.parent) == ("runnable", (frame("main.bill", 1),), 4)
    assert new.created_by == frame("main.pay", 3)
    (ancestor,) = new.ancestors
    assert (ancestor.id, ancestor.stack[-1]) == (4, frame("main.serve", 9))


def test_not_every_trace_lists_all() -> None:
    found = read(Generation().on(1, 0, (STATUS, 0, 4, 1, RUNNING)))
    assert lists_all(found)
    assert not lists_all(replace(found, version=22))
    assert not lists_all(replace(found, left_out=1))


WHOLE = gzip.decompress((GO / "trace.out.gz").read_bytes())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(16, len(WHOLE) - 1), st.integers(0, 255)), max_size=40),
    st.integers(16, len(WHOLE)),
)
def test_whatever_is_left_of_a_trace_it_is_diagnosed_or_refused(
    changes: list[tuple[int, int]], end: int
) -> None:
    data = bytearray(WHOLE)
    for at, byte in changes:
        data[at] = byte
    with contextlib.suppress(FormatError):
        found = look_at(load("trace", bytes(data[:end])))
        assert found is not None
        text(diagnose([found]))
