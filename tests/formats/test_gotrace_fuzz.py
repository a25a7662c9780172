"""No bytes make the reader of execution traces raise, hang or grow."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from _trace_writer import NOBODY, Generation, header, numbers, trace
from snowshed.errors import FormatError
from snowshed.formats import gotrace
from snowshed.formats._gotrace import _hot

PACKED = (Path(__file__).parent / "go" / "trace.out.gz").read_bytes()
REAL = gzip.decompress(PACKED)


def read_or_refused(data: bytes) -> None:
    try:
        found = gotrace.read(io.BytesIO(data))
    except FormatError as error:
        message = str(error)
    else:
        message = "; ".join(found.warnings)
    assert "\n" not in message
    assert len(message) < 4000


@given(st.integers(0, len(REAL)))
def test_what_was_cut_anywhere_is_read_or_refused(size: int) -> None:
    read_or_refused(REAL[:size])


@given(st.sampled_from([REAL, PACKED]), st.data())
def test_what_has_wrong_bytes_is_read_or_refused(seed: bytes, data: st.DataObject) -> None:
    damaged = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(16, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    read_or_refused(bytes(damaged))


@given(st.sampled_from([22, 23, 25, 26, 99]), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(version: int, content: bytes) -> None:
    read_or_refused(content)
    read_or_refused(header(version) + content)
    read_or_refused(trace(Generation().raw(1, 0, content), version=version))


NUMBERS = st.integers(0, 60) | st.integers(0, (1 << 64) - 1)


@given(st.lists(st.lists(NUMBERS, max_size=60), max_size=6), st.integers(1, (1 << 64) - 1))
def test_any_events_are_read_or_refused(batches: list[list[int]], frequency: int) -> None:
    first, second = Generation(id=1), Generation(id=2, frequency=frequency)
    for thread, content in enumerate(batches):
        (first, second)[thread % 2].raw(
            thread // 2, content[0] if content else 0, numbers(*content)
        )
    read_or_refused(trace(first, second))


def test_a_number_that_never_ends_costs_no_more_than_its_bytes() -> None:
    # There is nothing more to assert: what takes the square of the length runs for hours here.
    long = Generation()
    for thread in range(20):
        long.raw(thread, 0, b"\x80" * 65_536)
    long.raw(NOBODY, 0, b"\x02" + b"\x80" * 65_000)
    long.raw(NOBODY, 0, b"\x04\x05" + b"\x80" * 65_000)
    assert gotrace.read(io.BytesIO(trace(long))).generations == 1
    assert _hot.numbers_in(b"\x05" + b"\xff" * 9 + b"\x01") == ([5, (1 << 64) - 1], True)
    assert _hot.numbers_in(b"\x05" + b"\xff" * 10 + b"\x01") == ([5], False)
