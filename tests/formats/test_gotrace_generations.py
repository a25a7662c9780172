"""A trace has generations, each with its own numbers for everything; goroutines live on."""

from __future__ import annotations

import pytest

from _trace_writer import (
    BLOCK,
    CREATE,
    NOBODY,
    START,
    STATUS,
    UNBLOCK,
    WAITING,
    Generation,
    running,
)
from _traces import NANO, frame, goroutine, nanos, place, read


def two_generations(frequency: int = 1_000_000_000) -> tuple[Generation, Generation]:
    """Return a wait that begins in one generation and ends in the next, with other numbers."""
    first = Generation(id=4, base=1000)
    first.on(1, 1000, running(), (CREATE, 5, 2, first.stack("main.f:1"), first.stack("main.g:2")))
    first.on(1, 1010, (BLOCK, 0, first.string("select"), first.stack("main.loop:3")))
    scale = frequency / 1_000_000_000
    second = Generation(id=5, base=int(2000 * scale), frequency=frequency)
    second.string("something else")
    second.on(NOBODY, int(2000 * scale), (STATUS, 0, 1, NOBODY, WAITING))
    second.on(1, int(2000 * scale), (UNBLOCK, int(100 * scale), 1, 1, second.stack("main.wake:4")))
    second.on(2, int(2200 * scale), (START, 0, 1, 2))
    second.on(
        2, int(2300 * scale), (BLOCK, 0, second.string("select"), second.stack("main.loop:3"))
    )
    return first, second


@pytest.mark.parametrize("version", [22, 23, 24, 25, 26])
def test_a_wait_goes_on_from_one_generation_to_the_next(version: int) -> None:
    found = read(*two_generations(), version=version)
    assert (found.version, found.generations) == (version, 2)
    assert ("EndOfGeneration" in found.events, "Sync" in found.events) == (
        version >= 26,
        version >= 25,
    )
    waits = place(found, "select")
    assert (waits.count, waits.open, waits.stack) == (1, 1, (frame("main.loop", 3),))
    assert waits.seconds == pytest.approx(1090 * NANO)
    assert waits.wakers == (((frame("main.wake", 4),), 1),)
    assert nanos(goroutine(found, 1).times) == (100, 110, 1090, 0)
    assert found.seconds == pytest.approx(1300 * NANO)


def test_the_clock_may_differ_by_generation() -> None:
    found = read(*two_generations(frequency=15_625_000_000))
    assert nanos(goroutine(found, 1).times) == (100, 110, 1090, 0)
    assert found.seconds == pytest.approx(1300 * NANO)


def test_when_it_began_is_told_since_go_1_25() -> None:
    generation = Generation(base=400).on(1, 1000, running())
    assert read(generation).time_nanos == 1_700_000_000 * 10**9 + 5 + 600
    assert read(generation, version=23).time_nanos == 0


def test_a_number_may_mean_something_else_in_each_generation() -> None:
    first, second = Generation(base=0), Generation(base=1000)
    for part, name, id_ in ((first, "a", 5), (second, "b", 6)):
        stack, reason = part.stack(f"main.{name}:1"), part.string(name)
        events = (running(), (CREATE, 1, id_, stack, stack), (BLOCK, 1, reason, stack))
        part.on(1, part.base, *events, (UNBLOCK, 5, 1, 1, 0), (START, 1, 1, 2))
    found = read(first, second)
    assert {(each.reason, each.stack, each.count) for each in found.blocked} == {
        ("a", (frame("main.a", 1),), 1),
        ("b", (frame("main.b", 1),), 1),
    }
    assert {path.function: path.count for path in found.paths if not path.older} == {
        "main.a": 1,
        "main.b": 1,
    }
