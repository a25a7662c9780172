"""Whatever the readers are given they read, or refuse in one line, in time linear in its length."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _profiles import profiles
from snowshed.errors import FormatError
from snowshed.formats import goroutines, pprof
from snowshed.formats._pprof import _read, message_of
from snowshed.model import Profile

FOLDER = Path(__file__).parent / "go"
TEXTS = [path.read_bytes() for path in sorted(FOLDER.glob("*.txt"))]
PACKED = [path.read_bytes() for path in sorted(FOLDER.glob("*.pb.gz"))]
RAW = [*map(gzip.decompress, PACKED)]
SEEDS = st.sampled_from([*PACKED, *RAW]) | profiles().map(message_of)


def read_or_refused(data: bytes) -> None:
    """Read ``data`` in both ways; any other error than `FormatError` fails the test."""
    for read in (goroutines.read, pprof.read):
        try:
            found = read(data)
        except FormatError as error:
            message = str(error)
        else:
            message = "; ".join(found.warnings)
        assert "\n" not in message
        assert len(message) < 2000


@given(st.sampled_from(TEXTS) | SEEDS, st.data())
def test_what_was_cut_anywhere_is_read_or_refused(seed: bytes, data: st.DataObject) -> None:
    read_or_refused(seed[: data.draw(st.integers(0, len(seed)))])


@given(st.sampled_from(TEXTS) | SEEDS, st.data())
def test_what_has_wrong_bytes_is_read_or_refused(seed: bytes, data: st.DataObject) -> None:
    damaged = bytearray(seed or b"x")
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    read_or_refused(bytes(damaged))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refused(data)
    read_or_refused(gzip.compress(data))


@given(st.sampled_from(RAW), st.data())
def test_of_a_profile_that_was_cut_every_whole_sample_is_read(
    seed: bytes, data: st.DataObject
) -> None:
    # Go writes the samples first and the strings last: what is left has places without names.
    whole = pprof.read(seed)
    cut = pprof.read(seed[: data.draw(st.integers(100, len(seed) - 1))])
    values = [sample.values for sample in cut.samples]
    assert values == [sample.values for sample in whole.samples][: len(values)]
    assert cut.warnings or cut == whole


WORDS = [
    *(
        "goroutine ",
        "1",
        " [",
        "]",
        ":",
        "\n",
        "\t",
        "(",
        ")",
        " {",
        "}",
        '"',
        "\\",
        ", ",
        "@",
        "#",
    ),
    *(
        "created by ",
        " in goroutine ",
        "...",
        "frames elided",
        "profile: total 1",
        " 0x1",
        "main.f",
    ),
]
HEADS = [
    "goroutine 1 gp=",
    "goroutine 1 [a]:\n",
    "goroutine 1 [a] {",
    "goroutine 1 [a]:\nf()\n\t",
    "goroutine 1 [a]:\ncreated by ",
    "goroutine profile: total 1\n1 @\n#\t0x1\tf",
    "goroutine profile: total 1\n1 @\n# labels: {",
    "1 2 | goroutine 1 [a]:\n3 4 | f()\n5 6 | \tg.go:1\n7 8 | ",
    "1 2 | goroutine 1 [a]:\n3 4 | f",
    "  goroutine 1 [",
]


@given(st.sampled_from(HEADS), st.lists(st.sampled_from(WORDS), max_size=60).map("".join))
def test_any_text_of_the_words_of_a_dump_is_read_or_refused(head: str, text: str) -> None:
    read_or_refused((head + text).encode())


@pytest.mark.parametrize(
    "piece", [*"()9\t\\", "(1", ":1", ":1 +0x1", '{"a', " in goroutine 1", "b: a, "]
)
@pytest.mark.parametrize("head", HEADS)
def test_a_long_line_takes_no_longer_than_many_short_ones(head: str, piece: str) -> None:
    # There is nothing more to assert: what takes the square of the length runs for hours here.
    for tail in ("", "}:\nx", ")\n\t:1\n"):
        read_or_refused(f"{head}{piece * (300_000 // len(piece))}{tail}".encode())


def test_a_small_file_that_would_be_large_is_refused() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    with pytest.raises(FormatError, match="more than 1000000 bytes once decompressed") as caught:
        pprof.read(bomb, at_most=1_000_000)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("extra", [0, 1])
def test_the_limit_is_exact(extra: int) -> None:
    packed = PACKED[0]
    size = len(RAW[0])
    assert pprof.read(packed, at_most=size)
    with pytest.raises(FormatError, match=f"more than {size - 1} bytes"):
        pprof.read((packed, RAW[0])[extra], at_most=size - 1)


def field(number: int, content: bytes) -> bytes:
    assert len(content) < 1 << 28
    size = len(content)
    length = bytes([*(size >> shift & 127 | 128 for shift in (0, 7, 14)), size >> 21])
    return bytes([number << 3 | 2]) + length + content


def test_a_short_row_that_names_many_inlined_calls_is_refused() -> None:
    calls = field(4, b"\x08\x01" + b"\x22\x00" * 10_000)
    row = field(2, field(1, b"\x01" * 100_000))
    with pytest.raises(FormatError, match="more than 20000000 frames"):
        pprof.read(calls + row)


@pytest.mark.parametrize("inlined", [1, 10])
def test_stacks_that_are_too_many_together_are_refused(
    inlined: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_read, "_FRAMES_AT_MOST", 100 * inlined)
    calls = field(4, b"\x08\x01" + b"\x22\x00" * inlined)
    rows = [field(2, field(1, b"\x01" * depth)) for depth in range(1, 15)]
    assert len(pprof.read(calls + b"".join(rows[:13])).samples) == 13
    with pytest.raises(FormatError, match=f"more than {100 * inlined} frames in all"):
        pprof.read(calls + b"".join(rows))


def test_the_same_stack_again_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_read, "_FRAMES_AT_MOST", 10)
    one = field(2, field(1, b"\x01" * 10))
    assert len(pprof.read(one * 1000).samples) == 1000


def test_more_entries_than_a_profile_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_read, "_ENTRIES_AT_MOST", 1000)
    assert len(pprof.read(b"\x12\x00" * 1000).samples) == 1000
    with pytest.raises(FormatError, match="byte 2002: more than 1000 entries"):
        pprof.read(b"\x12\x00" * 1001)


def test_a_thousand_faults_are_one_warning() -> None:
    found = pprof.read(RAW[0] + b"\x12\x01\x80" * 1000)
    (warning,) = found.warnings
    assert warning.startswith("samples left out: 1000, first at byte ")
    assert found.samples == pprof.read(RAW[0]).samples


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (PACKED[0][:-9], "the gzip data: it ends there, too early"),
        (
            PACKED[0][:-8] + bytes(8),
            f"byte {len(PACKED[0]) - 5} of the gzip data: damaged from there on",
        ),
        (PACKED[0] + b"more", "4 bytes after the end of the gzip data: not read"),
    ],
)
def test_a_damaged_end_of_the_gzip_data_costs_nothing_that_came_before(
    damaged: bytes, words: str
) -> None:
    found = pprof.read(damaged)
    assert found.samples == pprof.read(RAW[0]).samples
    assert any(words in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "byte 0: expected the entries of a profile, found none; accepted: profile.proto"),
        (b"<html>", "byte 0: expected a field of a message, found the byte 0x3c"),
        (b"goroutine profile: total 1", "byte 0: "),
        (
            b"\n<!DOCTYPE html>\n<html><body>404 page not found: /debug/pprof/</body></html>",
            r"byte 0: expected sample types, found none \(.*: 1, first at byte 62: .*\); accepted:",
        ),
        (b"PK\x03\x04\x14\0", r"byte 0: expected sample types, found none \(the rest"),
        (gzip.compress(b"hello", mtime=0), r"byte 0: expected sample types, found none \(the rest"),
        (PACKED[0][:9], r"byte 0: expected the entries .* \(byte 9 of the gzip data: it ends"),
    ],
)
def test_what_is_no_profile_is_refused_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=f"^pprof, {words}"):
        pprof.read(data)


def test_of_a_profile_that_was_cut_before_its_samples_the_types_are_read() -> None:
    whole = pprof.read(RAW[0])
    cut = pprof.read(RAW[0][:30])
    assert (cut.sample_types[0].type, cut.samples) == ("", ())
    assert len(cut.sample_types) == len(whole.sample_types)
    assert cut.warnings


def test_an_empty_profile_is_one() -> None:
    assert pprof.read(pprof.write(Profile((), ()))) == Profile((), ())
