"""Numbers and fields survive the way out and back, and what breaks says at which byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _profiles import INT64
from snowshed.formats import _wire


@given(INT64)
def test_a_number_comes_back_with_its_sign(number: int) -> None:
    out = _wire.varint(number)
    value, end = _wire.number_in(out)
    assert (_wire.signed(value), end) == (number, len(out))


def test_a_negative_number_takes_10_bytes() -> None:
    assert _wire.varint(-1) == b"\xff" * 9 + b"\x01"


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_a_number_of_more_than_64_bits_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"{number} does not fit"):
        _wire.varint(number)


@given(st.lists(INT64))
def test_a_packed_row_splits_into_its_numbers(numbers: list[int]) -> None:
    row = _wire.packed(1, numbers)
    contents = [value for _, value, _ in _wire.fields(row)] or [b""]
    assert _wire.numbers_in(contents[0]) == numbers
    tokens = _wire.split(contents[0])
    assert [_wire.signed(_wire.number_of(token)) for token in tokens] == numbers


def test_every_kind_of_field_is_yielded_with_its_place() -> None:
    message = b"\x08\x96\x01" + b"\x11" + bytes(8) + b"\x1a\x02hi" + b"\x25" + bytes(4)
    assert [*_wire.fields(message, base=100)] == [
        (0x08, 150, 101),
        (0x11, bytes(8), 104),
        (0x1A, b"hi", 114),
        (0x25, bytes(4), 117),
    ]


@pytest.mark.parametrize(
    ("message", "at", "words"),
    [
        (b"\x08", 1, "the rest of a number, found the end"),
        (b"\x08\x80", 2, "the rest of a number, found the end"),
        (b"\x08" + b"\x80" * 11, 1, "at most 10 bytes"),
        (b"\x0a\x05abc", 2, "expected 5 bytes, found 3"),
        (b"\x09abc", 1, "expected 8 bytes, found 3"),
        (b"\x0b", 0, "found the byte 0x0b"),
    ],
)
def test_what_is_no_field_says_at_which_byte(message: bytes, at: int, words: str) -> None:
    with pytest.raises(_wire.Broken, match=words) as caught:
        list(_wire.fields(message, base=1000))
    assert caught.value.at == 1000 + at


def test_a_row_that_ends_within_a_number_says_so() -> None:
    with pytest.raises(_wire.Broken, match="found the end"):
        _wire.split(b"\x01\x80")


@pytest.mark.parametrize("row", [b"\x80" * 10 + b"\x01", b"\x01" + b"\xff" * 11])
def test_a_row_with_a_number_of_more_than_10_bytes_says_so(row: bytes) -> None:
    with pytest.raises(_wire.Broken, match="at most 10 bytes"):
        _wire.numbers_in(row)


def test_a_row_that_is_split_says_where_a_number_is_too_long() -> None:
    with pytest.raises(_wire.Broken, match="at most 10 bytes") as caught:
        _wire.split(b"\x01" + b"\xff" * 10 + b"\x01", base=1000)
    assert caught.value.at == 1000


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_broken_within_them(data: bytes) -> None:
    last = 0
    try:
        for _, _, at in _wire.fields(data):
            assert last <= at <= len(data)
            last = at
    except _wire.Broken as broken:
        last = broken.at
    assert 0 <= last <= len(data)
