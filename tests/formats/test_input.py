from __future__ import annotations

import gzip

import pytest

from snowshed.errors import FormatError
from snowshed.formats._input import called, is_text, is_trace, plain

TEXT = b"goroutine 1 [running]:\nmain.main()\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        gzip.compress(TEXT),
        gzip.compress(gzip.compress(TEXT)),
        bytes(5000) + TEXT,
        gzip.compress(bytes(9) + TEXT),
    ],
)
def test_what_was_compressed_or_cut_is_given_as_it_was(data: bytes) -> None:
    assert plain(data, 1 << 20) == (TEXT, [])


def test_what_is_wrong_with_each_layer_is_told() -> None:
    inner = gzip.compress(TEXT) + b"rest"
    _, warnings = plain(gzip.compress(inner) + b"more", 1 << 20)
    assert len(warnings) == 2


@pytest.mark.parametrize("layers", [1, 2])
def test_no_layer_may_grow_without_bounds(layers: int) -> None:
    data = bytes(1 << 20)
    for _ in range(layers):
        data = gzip.compress(data)
    with pytest.raises(FormatError, match="more than 2000 bytes"):
        plain(data, 2000)


def test_a_fault_is_told_of_what_the_user_has_named() -> None:
    with pytest.raises(FormatError, match=r"now\.txt, byte 3: odd") as raised, called("now.txt"):
        raise FormatError("pprof", "byte 3", "odd")
    assert raised.value.format == "now.txt"


def test_a_fault_that_says_so_already_is_left_as_it_is() -> None:
    mine = FormatError("now.txt", "byte 3", "odd")
    with pytest.raises(FormatError) as raised, called("now.txt"):
        raise mine
    assert raised.value is mine


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        (b"go 1.26 trace\0\0\0", True),
        (b"go 1.9 trace\0\0\0\0", True),
        (b"go 1.26 is out, and this is a text", False),
        (b"goroutine 1 [running]:", False),
        (b"", False),
    ],
)
def test_a_trace_is_told_by_its_first_line(beginning: bytes, expected: bool) -> None:
    assert is_trace(beginning) is expected


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        (TEXT, True),
        ("\ufeffgoroutine".encode("utf-16"), True),
        (b"\x1b[31mred\x1b[0m\tand tabs\r\n", True),
        (b"x" * 99 + b"\0", True),
        (b"x" * 98 + b"\0\1", False),
        (b"\x0a\x04\x08\x01\x10\x02", False),
    ],
)
def test_text_is_told_from_protobuf(beginning: bytes, expected: bool) -> None:
    assert is_text(beginning) is expected
