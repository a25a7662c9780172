"""A trace that is cut, damaged, foreign or too large gives what can be read, or one clear line."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from pathlib import Path

import pytest

from _trace_writer import (
    BLOCK,
    CREATE,
    DESTROY,
    NOBODY,
    RUNNING,
    START,
    STATUS,
    STATUS_STACK,
    STOP,
    STW_BEGIN,
    STW_END,
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
from snowshed.errors import FormatError
from snowshed.formats import gotrace
from snowshed.formats._gotrace import _generations, _lives, _reader, _source, _tables
from snowshed.model import GoState, GoTrace

PACKED = (Path(__file__).parent / "go" / "trace.out.gz").read_bytes()
REAL = gzip.decompress(PACKED)


def read(data: bytes) -> GoTrace:
    return gotrace.read(io.BytesIO(data))


def refused(data: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        read(data)
    line = str(caught.value)
    assert "\n" not in line
    return line


def generation(id_: int) -> Generation:
    events = (running(), (STOP, 10, 0, 0), (START, 5, 1, 1))
    return Generation(id=id_, base=id_ * 1000).on(1, id_ * 1000, *events)


WHOLE = trace(generation(1), generation(2), generation(3))
LAST = len(WHOLE) - len(generation(3).content(26))


@pytest.mark.parametrize("version", [5, 11, 19, 21])
def test_the_older_format_is_refused_with_what_to_do(version: int) -> None:
    line = refused(header(version) + b"\x01\x02\x03")
    assert line == (
        f"go trace, byte 0: a trace of Go 1.{version} or so, whose format was another; "
        "accepted: Go 1.22 to 1.27; record it again with one of these"
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"<!DOCTYPE html><html>", b"go 1.26 trac", b"\x1f\x8b", gzip.compress(b"", mtime=0)],
)
def test_what_is_no_trace_is_refused_with_what_was_found(data: bytes) -> None:
    line = refused(data)
    assert line.startswith("go trace, byte 0: expected the header `go 1.26 trace`")
    assert len(line) < 200


def test_a_newer_version_is_read_as_the_newest_that_is_known_and_that_is_said() -> None:
    newer = "its version, 31, is newer than 26: read as if it were that"
    found = gotrace.read(io.BytesIO(trace(generation(1), version=31)))
    assert (found.version, found.generations, found.warnings) == (31, 1, (newer,))
    assert newer in refused(header(31) + b"\x01\x02\x03")


@pytest.mark.parametrize("version", [22, 25, 26])
def test_a_header_alone_is_no_trace(version: int) -> None:
    assert "there is nothing behind the header" in refused(header(version))


@pytest.mark.parametrize("cut", [1, 2, 30, 60, len(WHOLE) - LAST - 1])
def test_of_a_cut_trace_the_earlier_generations_are_kept(cut: int) -> None:
    found = read(WHOLE[:-cut])
    assert found.generations == 2
    (warning,) = found.warnings
    assert warning.startswith(f"generations left out: 1, first from byte {LAST} on: ")


def test_a_trace_that_was_cut_between_two_generations_is_whole() -> None:
    found = read(WHOLE[:LAST])
    assert (found.generations, found.warnings) == (2, ())


def test_before_go_1_26_nothing_marks_the_end_of_the_last_generation() -> None:
    data = trace(generation(1), generation(2), version=25)
    assert (read(data).generations, read(data).warnings) == (2, ())
    cut = read(data[:-1])
    assert cut.generations == 1
    assert "generations left out" in cut.warnings[0]


def test_a_trace_that_ends_in_its_first_generation_is_refused() -> None:
    line = refused(trace(generation(1))[:-1])
    assert "no generation is complete" in line
    assert "record for longer" in line


def test_what_is_no_batch_ends_the_trace() -> None:
    found = read(WHOLE[:LAST] + b"\x99" + WHOLE[LAST:])
    assert found.generations == 2
    assert f"at byte {LAST}: expected a batch of events, found the byte 0x99" in found.warnings[0]


@pytest.mark.parametrize("kind", [0, 7, 53, 127, 137, 255])
@pytest.mark.parametrize("heap", [False, True])
def test_of_a_batch_with_an_unknown_event_the_rest_is_dropped(kind: int, heap: bool) -> None:
    events = [running(), (STOP, 10, 0, 0), *[(130, 1, 300)] * heap]
    damaged = Generation().on(1, 0, *events, (kind, 1), (START, 5, 1, 1))
    damaged.on(2, 0, running(2, 2), (STOP, 10, 0, 0), (START, 90, 2, 1))
    found = read(trace(damaged))
    states = {each.id: each.state for each in found.goroutines}
    assert states == {1: GoState.RUNNABLE, 2: GoState.RUNNING}
    at = 16 + 4 + 10 + 5 + 4 + 4 * heap
    assert found.warnings == (
        f"batches cut short: 1, first at byte {at}: an event of type {kind}, which is not known",
    )


@pytest.mark.parametrize(
    "tail",
    [b"\x10", b"\x10\x05", b"\x10\x05\x01", b"\x10\x05\x01\x80", b"\x80", b"\x10" + b"\x80" * 11],
)
def test_an_event_without_its_end_is_dropped(tail: bytes) -> None:
    start = bytes((STATUS,)) + numbers(0, 1, 1, RUNNING) + bytes((BLOCK,)) + numbers(10, 0, 0)
    found = read(trace(Generation().raw(1, 0, start + tail)))
    assert found.goroutines[0].state == GoState.WAITING
    (warning,) = found.warnings
    assert warning.startswith("batches cut short: 1")


def test_events_of_goroutines_that_are_not_known_are_counted() -> None:
    found = read(trace(one((BLOCK, 1, 0, 0), (START, 1, 5, 1), (UNBLOCK, 1, 6, 1, 0))))
    states = {each.id: each.state for each in found.goroutines}
    assert states == {5: GoState.RUNNING, 6: GoState.RUNNABLE}
    assert found.warnings == (
        "events of no goroutine: 1, first 1 ticks from the start",
        "goroutines that came from nowhere: 2, first goroutine 5, 2 ticks from the start",
    )


def test_a_status_that_contradicts_what_is_known_wins() -> None:
    first = Generation().on(1, 0, running())
    second = Generation(id=2).on(NOBODY, 100, (STATUS, 0, 1, NOBODY, WAITING))
    found = read(trace(first, second))
    assert found.goroutines[0].state == GoState.WAITING
    assert "in another state than their events say: 1, first goroutine 1" in found.warnings[0]


def test_a_goroutine_that_is_created_again_is_another() -> None:
    found = read(trace(one(running(), *[(CREATE, 5, 9, 0, 0)] * 4)))
    assert [(path.count, path.live) for path in found.paths if not path.older] == [(4, 1)]
    assert found.warnings == (
        "goroutines created twice: 3, first goroutine 9, 10 ticks from the start",
    )


def test_there_is_no_goroutine_0() -> None:
    found = read(trace(one(running(0), (CREATE, 1, 0, 0, 0))))
    assert found.goroutines == ()
    assert found.warnings == ("events of no goroutine: 2, first 0 ticks from the start",)


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        (b"\x02\x03\x01\x05\x00", "stacks left out"),
        (b"\x02\x09", "stacks left out"),
        (b"\x02\x03\x01" + number(129) + bytes(4 * 129), "stacks left out"),
        (b"\x04\x05\x01\x7fabc", "strings left out"),
        (b"\x04\x06", "strings left out"),
        (b"\x32\x08\x00", "clocks left out"),
        (b"\x32", "clocks left out"),
    ],
)
def test_damaged_tables_are_told(content: bytes, warning: str) -> None:
    damaged = generation(1)
    found = read(trace(damaged.raw(NOBODY, 0, content)))
    assert found.generations == 1
    (line,) = found.warnings
    assert line.startswith(f"{warning}: 1, first")


def test_stacks_and_strings_that_are_missing_are_unknown() -> None:
    found = read(trace(one(running(), (CREATE, 1, 2, 77, 78), (BLOCK, 1, 99, 79))))
    assert {(each.reason, each.stack, each.created_at) for each in found.goroutines} == {
        ("?", (), ()),
        ("", (), ()),
    }


def test_a_generation_without_a_clock_has_the_one_before() -> None:
    no_clock = header(26) + batch(1, 1, 0, b"\x19\x00\x01\x01\x02") + b"\x34"
    assert "number 1 has no clock" in refused(no_clock)
    found = read(trace(generation(1)) + batch(2, 1, 5000, b"\x10\x00\x01\x01") + b"\x34")
    assert (found.generations, found.goroutines[0].state) == (2, GoState.RUNNING)


def test_a_batch_has_at_most_64_kib() -> None:
    full = generation(1).raw(7, 0, bytes((17, 1)) * 32_768)
    assert read(trace(full)).events["GoDestroy"] == 32_768
    found = read(WHOLE + batch(4, 1, 0, bytes(65_537)))
    assert found.generations == 3
    assert "expected a batch of at most 65536 bytes, found 65537" in found.warnings[0]


def test_there_is_no_generation_0() -> None:
    found = read(WHOLE + batch(0, 1, 5, b"\x10\x00\x01\x01"))
    assert found.warnings == (
        f"batches left out: 1, first at byte {len(WHOLE)}: there is no generation 0",
    )


class Trickle:
    """Gives a byte at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(1)


@pytest.mark.parametrize("data", [REAL, PACKED], ids=["plain", "gzip"])
def test_it_may_come_gzipped_or_byte_by_byte(data: bytes) -> None:
    expected = read(REAL)
    assert expected.warnings == ()
    assert read(data) == expected == gotrace.read(Trickle(data))


@pytest.mark.parametrize(
    ("module", "limit"), [(_source, "_PIECE"), (_reader, "_WINDOW")], ids=["bytes", "moves"]
)
def test_how_much_is_taken_at_a_time_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch, module: object, limit: str
) -> None:
    expected = read(REAL)
    monkeypatch.setattr(module, limit, 100)
    assert read(REAL) == expected == read(PACKED)


def test_the_batches_of_a_thread_stay_in_their_order_if_its_clock_does_not() -> None:
    found = read(trace(Generation().on(1, 100, running()).on(1, 90, (BLOCK, 50, 0, 0))))
    assert found.warnings == ()
    assert found.goroutines[0].state == GoState.WAITING


def test_what_damaged_gzip_still_gives_is_read() -> None:
    cut = read(PACKED[:-2000])
    assert 1 <= cut.generations < read(REAL).generations
    assert "the gzip data ends too early" in cut.warnings[0]
    damaged = bytearray(gzip.compress(REAL * 1 + bytes(400_000), 0))
    damaged[len(REAL) + 100_000] ^= 0xFF
    found = read(bytes(damaged[:-8]) + bytes(8))
    assert found.generations == read(REAL).generations


def test_it_stops_where_it_is_asked_to() -> None:
    passed: list[int] = []
    data = io.BytesIO(WHOLE)
    found = gotrace.read(data, max_generations=2, progress=passed.append)
    assert found.generations == 2
    assert found.warnings == ("stops that were asked for: 1, first after 2 generations, 0.000 s",)
    assert passed == [len(trace(generation(1))), LAST]
    assert gotrace.read(io.BytesIO(WHOLE), max_seconds=1e-6).generations == 2
    assert gotrace.read(io.BytesIO(WHOLE), max_seconds=9.0).warnings == ()


def test_no_more_bytes_are_read_than_allowed() -> None:
    found = gotrace.read(io.BytesIO(gzip.compress(WHOLE)), at_most=LAST + 5)
    assert found.generations == 2
    assert f"more than {LAST + 5} bytes; allow more with at_most" in found.warnings[0]
    exact = gotrace.read(io.BytesIO(WHOLE), at_most=len(WHOLE))
    assert exact.warnings == ()


def test_a_small_file_that_would_be_large_is_not_kept() -> None:
    bomb = gzip.compress(WHOLE[:LAST] + bytes(30_000_000))
    tracemalloc.start()
    try:
        assert read(bomb).generations == 2
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_goroutines_are_shown_up_to_a_limit_those_that_stand_longest_first() -> None:
    events = [(STATUS_STACK, id_, id_, NOBODY, WAITING, 0) for id_ in range(1, 21)]
    events += [(UNBLOCK, 1, id_, 1, 0) for id_ in range(1, 11)]
    data = trace(one(*events))
    found = gotrace.read(io.BytesIO(data), goroutines_at_most=5)
    assert [each.id for each in found.goroutines] == [11, 12, 13, 14, 15]
    assert found.left_out == 15
    assert sum(path.live for path in found.paths) == 20


@pytest.mark.parametrize(
    ("module", "limit", "warning"),
    [
        (_lives, "_LIVES_AT_MOST", "goroutines not followed"),
        (_lives, "_PATHS_AT_MOST", "creation paths left out"),
        (_lives, "_SITES_AT_MOST", "places of waits left out"),
        (_lives, "_PAUSES_AT_MOST", "pauses left out"),
        (_tables, "_FRAMES_AT_MOST", "stacks left out"),
        (_tables, "_PLACES_AT_MOST", "stacks left out"),
        (_tables, "_ENTRIES_AT_MOST", "stacks left out"),
        (_generations, "_EVENTS_AT_MOST", "batches left out"),
        (_generations, "_TABLES_AT_MOST", "batches left out"),
    ],
)
def test_what_is_kept_is_bounded(
    monkeypatch: pytest.MonkeyPatch, module: object, limit: str, warning: str
) -> None:
    def data() -> bytes:
        many = Generation()
        for n in range(1, 9):
            reason, stack = many.string(f"reason {n}"), many.stack(f"main.f{n}:{n}")
            many.on(n, n, (STATUS, 0, n, n, RUNNING), (CREATE, 1, n + 100, stack, stack))
            many.on(n, n + 1, (BLOCK, 1, reason, stack), (STW_BEGIN, 1, reason, 0), (STW_END, 1))
        return trace(many)

    assert read(data()).warnings == ()
    monkeypatch.setattr(module, limit, 5)
    try:
        lines = read(data()).warnings
    except FormatError as error:
        lines = (str(error),)
    assert any(warning in line for line in lines)


def test_what_has_ended_leaves_nothing_but_a_few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_source, "_PIECE", 1000)

    def peak(generations: int) -> int:
        parts = [header(26)]
        for part in range(generations):
            events: list[Event] = [running()]
            for id_ in range(2, 42):
                new = part * 100 + id_
                events += [(CREATE, 1, new, 0, 0), (STOP, 1, 0, 0), (START, 1, new, 1)]
                events += [(DESTROY, 1), (START, 1, 1, 1)]
            parts.append(one(*events, base=part * 1000, id_=part + 1).content(26))
        data = b"".join(parts)
        tracemalloc.start()
        try:
            assert read(data).paths[0].count == 40 * generations
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(200) < 1.1 * peak(50)


def test_events_that_all_threads_have_at_once_do_not_fill_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_reader, "_WINDOW", 10)
    monkeypatch.setattr(_reader, "_WINDOW_AT_MOST", 100)
    many = Generation().on(1, 0, running())
    for thread in range(1, 101):
        many.on(thread, 0, *[(UNBLOCK, 1000 - thread, 1, 1, 0)] * 5)
    found = read(trace(many))
    assert found.events["GoUnblock"] == 500
    # They are no longer sorted as a whole, and that is told.
    assert "events in the wrong order" in found.warnings[0]
