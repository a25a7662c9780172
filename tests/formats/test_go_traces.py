"""What a real Go program traces of itself is read as `go tool trace` reads it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import _go
import _go_trace
from snowshed.formats import gotrace
from snowshed.formats._gotrace import _reader
from snowshed.model import CreationPath, GoState, GoTrace, Stack, TracedGoroutine

pytestmark = [pytest.mark.house, pytest.mark.slow]

ROUNDS = 25
KINDS: dict[str, Callable[[str], bool]] = {
    "net": lambda reason: reason == "network",
    "syscall": lambda reason: reason == "syscall",
    "sync": lambda reason: any(word in reason for word in ("chan", "sync", "select")),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _go.go_build(_go_trace.PROGRAM, tmp_path_factory.mktemp("go") / "traced")


@dataclass(frozen=True, slots=True)
class Recorded:
    path: Path
    found: GoTrace


ALL_AT_ONCE = "traceadvanceperiod=60000000000"
ENVIRONMENTS = {
    "one generation": {"GODEBUG": ALL_AT_ONCE},
    "one processor": {"GODEBUG": ALL_AT_ONCE, "GOMAXPROCS": "1"},
    "five processors": {"GODEBUG": ALL_AT_ONCE, "GOMAXPROCS": "5"},
    "with the heap": {"GODEBUG": f"{ALL_AT_ONCE},traceallocfree=1"},
    "many generations": {"GODEBUG": "traceadvanceperiod=50000000"},
    "flight recorder": {"TRACED": "recorder"},
    "with a profile": {"TRACED": "profile", "GODEBUG": ALL_AT_ONCE},
}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def recorded(
    request: pytest.FixtureRequest, program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Recorded:
    path = tmp_path_factory.mktemp("trace") / "trace.out"
    _go_trace.recorded(program, ROUNDS, path, **ENVIRONMENTS[request.param])
    return Recorded(path, read(path))


def read(path: Path) -> GoTrace:
    with path.open("rb") as file:
        return gotrace.read(file)


def test_it_has_as_many_events_of_each_type_as_the_tool_finds(recorded: Recorded) -> None:
    assert recorded.found.warnings == ()
    assert recorded.found.events == _go_trace.wire_counts(recorded.path)
    most = {"GoCreate", "GoBlock", "GoSwitch", "GoStatusStack", "STWBegin", "GoDestroy"}
    assert most <= recorded.found.events.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_waits_are_counted_as_the_tool_does(recorded: Recorded, kind: str) -> None:
    ours: dict[Stack, tuple[int, float]] = {}
    for place in recorded.found.blocked:
        if KINDS[kind](place.reason) and place.count:
            count, seconds = ours.get(place.stack, (0, 0.0))
            ours[place.stack] = count + place.count, seconds + place.seconds
    theirs = _go_trace.waits(recorded.path, kind)
    assert {stack: count for stack, (count, _) in ours.items()} == {
        stack: count for stack, (count, _) in theirs.items()
    }
    assert sum(count for count, _ in theirs.values()) > ROUNDS
    # The tool lets no two events have one time: the later of them gets a nanosecond more. And none
    # is before one of an earlier generation: it is put off, while others wait.
    put_off = 0.01 * (recorded.found.generations - 1)
    for stack, (count, nanos) in theirs.items():
        expected = pytest.approx(nanos / 1e9, rel=1e-6, abs=put_off + 2e-9 * count)
        assert ours[stack][1] == expected


def by_function(found: GoTrace) -> dict[str, CreationPath]:
    return {path.function: path for path in found.paths}


def live(found: GoTrace, function: str) -> list[TracedGoroutine]:
    return [each for each in found.goroutines if each.function == function]


def test_it_tells_who_created_what_and_what_became_of_it(recorded: Recorded) -> None:
    found = recorded.found
    paths = by_function(found)
    lockers = paths["main.locker"]
    assert (lockers.count, lockers.started, lockers.live) == (4 * ROUNDS, 4 * ROUNDS, 0)
    assert lockers.peak == 4
    assert [frame.function for frame in lockers.stack] == ["main.round", "main.main"]
    assert 0 < lockers.first_run_most <= lockers.first_run_total <= lockers.times.runnable
    assert lockers.times.waiting > 5 * 4 * ROUNDS * 50e-6
    assert lockers.rate == pytest.approx(4 * ROUNDS / found.seconds)
    longest = lockers.samples[0]
    assert (longest.state, longest.creator) == (GoState.ENDED, 1)
    assert longest.state_for == max(sample.state_for for sample in lockers.samples)
    small = paths["main.round.func1"]
    assert (small.count, small.peak, small.live) == (50 * ROUNDS, 50, 0)


def test_what_was_left_behind_is_there_with_its_wait(recorded: Recorded) -> None:
    found = recorded.found
    stuck = live(found, "main.main.func1")
    assert len(stuck) == 6  # of seven senders one was received
    for each in stuck:
        assert (each.state, each.reason, each.woken_by) == (GoState.WAITING, "chan send", None)
        assert [frame.function for frame in each.created_at] == ["main.main"]
        assert each.stack[-1].function == "main.main.func1"
        assert each.state_for == pytest.approx(each.times.waiting)
    (idle,) = live(found, "main.idle")
    assert not idle.moved
    assert idle.stack[0].function.startswith("runtime.")
    assert idle.times.waiting == pytest.approx(found.seconds)
    (ticking,) = live(found, "main.ticking")
    assert ticking.moved
    assert (ticking.created_after, ticking.creator, ticking.created_at) == (None, None, ())


def test_who_ended_a_wait_is_told(recorded: Recorded) -> None:
    # The collector, when it starts in a call below, waits for its workers at a channel as well.
    here = ["runtime.chanrecv1", "main.round", "main.main"]
    (place,) = (
        each
        for each in recorded.found.blocked
        if each.reason == "chan receive" and [frame.function for frame in each.stack] == here
    )
    stacks = {stack[-1].function: count for stack, count in place.wakers}
    assert stacks == {"main.sender": place.count}


def test_the_collector_stops_the_program(recorded: Recorded) -> None:
    kinds = {pause.kind for pause in recorded.found.pauses}
    assert {"start trace", "GC mark termination", "GC sweep termination"} <= kinds


def test_all_times_add_up(recorded: Recorded) -> None:
    found = recorded.found
    for each in found.goroutines:
        began = each.created_after or 0.0
        spent = each.times.runnable + each.times.running + each.times.waiting + each.times.syscall
        assert spent == pytest.approx(found.seconds - began, abs=1e-6)


def test_what_is_kept_at_a_time_makes_no_difference(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_reader, "_WINDOW", 500)
    assert read(recorded.path) == recorded.found


def test_a_part_of_a_trace_is_the_beginning_of_it(program: Path, tmp_path: Path) -> None:
    path = tmp_path / "trace.out"
    _go_trace.recorded(program, 8, path, **ENVIRONMENTS["many generations"])
    data, whole = path.read_bytes(), read(path)
    assert whole.generations > 3
    cut = gotrace.read(io.BytesIO(data[:-1]))
    assert cut.generations == whole.generations - 1
    assert "generations left out" in cut.warnings[0]
    part = gotrace.read(io.BytesIO(data), max_generations=cut.generations)
    assert replace(part, warnings=()) == replace(cut, warnings=())
    half = gotrace.read(io.BytesIO(data), max_seconds=whole.seconds / 2)
    assert whole.seconds / 2 <= half.seconds < whole.seconds
    assert half.generations < whole.generations
