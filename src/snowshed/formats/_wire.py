"""The wire format of protobuf, as far as profiles need it.

A message is a row of fields, each a key (``number << 3 | wire type``) and a value: an integer of
variable length, or a length and that many bytes. What the fields mean is not in it, so a reader
must step over what it does not know. A library could do this; it would be a dependency for two
pages of code, which a profile of usual size keeps busy for less than a millisecond.

Every function here costs O(bytes). Offsets in errors count from ``base``, so that a nested message
can say where in the whole it broke.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from struct import unpack
from typing import Any

__all__ = [
    "Broken",
    "Token",
    "fields",
    "in_field",
    "number_in",
    "number_of",
    "numbers_in",
    "packed",
    "signed",
    "split",
    "varint",
    "varint_field",
]

# One or two bytes as a number, little end first; more bytes as they are.
Token = int | bytes

INTEGER = 0
BYTES = 2
_FIXED = {1: 8, 5: 4}
_BITS = (1 << 64) - 1
_LONGEST = 10
_RUNS = re.compile(
    rb"(?:[\x80-\xff][\x00-\x7f])+"  # integers of two bytes
    rb"|[\x00-\x7f]+"  # of one byte
    rb"|[\x80-\xff]+[\x00-\x7f]"  # one that is longer
)
_TOO_LONG = "expected a number of at most 10 bytes, found a longer one"
_NO_END = "expected the rest of a number, found the end"
_SMALL = [bytes((number,)) for number in range(128)]


class Broken(Exception):  # noqa: N818 - what the message is
    """A message cannot be read on.

    Attributes:
        at: offset of the byte that was not as expected.
        what: what was expected there, and what was found.
    """

    def __init__(self, at: int, what: str) -> None:
        super().__init__(at, what)
        self.at = at
        self.what = what


def varint(number: int) -> bytes:
    """Return ``number`` as a variable-length integer; a negative one takes 10 bytes.

    Raises:
        ValueError: the number does not fit in 64 bits.
    """
    if 0 <= number < 128:
        return _SMALL[number]
    if not -(1 << 63) <= number <= _BITS:
        msg = f"{number} does not fit in the 64 bits of a profile's numbers"
        raise ValueError(msg)
    number &= _BITS
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def varint_field(field: int, number: int) -> bytes:
    """Return a field with a number: nothing for 0, which is what a missing field means."""
    return varint(field << 3) + varint(number) if number else b""


def in_field(field: int, content: bytes) -> bytes:
    """Return a field with bytes: a text, a message, packed numbers."""
    return b"".join((varint(field << 3 | BYTES), varint(len(content)), content))


def packed(field: int, numbers: Iterable[int]) -> bytes:
    """Return a field with a row of numbers: nothing for an empty row."""
    content = b"".join(map(varint, numbers))
    return in_field(field, content) if content else b""


def signed(number: int) -> int:
    """Return a number that was read as the ``int64`` that it stands for."""
    return number - (1 << 64) if number >> 63 else number


def split(row: bytes, base: int = 0) -> list[Token]:
    """Split a packed row into its integers, not decoded yet: see `number_of`.

    A table with tokens as keys spares decoding a number that comes a million times. Runs of one and
    of two bytes, which is nearly all, are split at once: half the time of decoding.

    Raises:
        Broken: the last integer has no end, or one has more than 64 bits.
    """
    if row.isascii():
        return [*row]
    if row[-1] > 127:
        raise Broken(base + len(row), _NO_END)
    tokens: list[Token] = []
    # Since the last byte ends a number, every match succeeds: the search is linear.
    for run in _RUNS.findall(row):
        if run[0] < 128:
            tokens += run
        elif run[1] < 128:
            tokens += unpack(f"<{len(run) // 2}H", run)
        elif len(run) > _LONGEST:
            raise Broken(base, _TOO_LONG)
        else:
            tokens.append(run)
    return tokens


def number_of(token: Token) -> int:
    """Decode what `split` gave."""
    if isinstance(token, bytes):
        return number_in(token)[0]
    return token & 127 | token >> 8 << 7


def numbers_in(row: bytes, base: int = 0) -> list[int]:
    """Return the numbers of a packed row, with their signs.

    Raises:
        Broken: one of them has no end, or more than 64 bits.
    """
    if row.isascii():
        return [*row]
    numbers: list[int] = []
    number = shift = 0
    for byte in row:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number if shift < 64 else signed(number & _BITS))
            number = shift = 0
        elif shift == 7 * _LONGEST:
            raise Broken(base, _TOO_LONG)
    if shift:
        raise Broken(base + len(row), _NO_END)
    return numbers


def number_in(data: bytes, at: int = 0, base: int = 0) -> tuple[int, int]:
    """Read one integer at ``at``; return it, and the offset behind it.

    Raises:
        Broken: it has no end, or more than 64 bits.
    """
    number = shift = 0
    for byte in data[at : at + _LONGEST]:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number & _BITS, at + shift // 7
    if shift == 7 * _LONGEST:
        raise Broken(base + at, _TOO_LONG)
    raise Broken(base + len(data), _NO_END)


def fields(data: bytes, base: int = 0) -> Iterator[tuple[int, Any, int]]:
    """Yield each field's key, its value, and the offset of its value.

    Numbers come as they are, unsigned; all else as bytes. The key is the field's number and wire
    type in one integer: a known number with a foreign type is thus an unknown field, as protobuf
    has it.

    Raises:
        Broken: the bytes are no field; what came before was yielded.
    """
    at, end = 0, len(data)
    while at < end:
        start = at
        key = data[at]
        at += 1
        if key > 127:
            key, at = number_in(data, start, base)
        kind = key & 7
        if kind in _FIXED:
            place, at = at, at + _FIXED[kind]
        elif kind not in {INTEGER, BYTES}:
            what = f"expected a field of a message, found the byte {data[start]:#04x}"
            raise Broken(base + start, what)
        else:
            place = at
            # Mostly one byte, which is not worth a call.
            number = data[at] if at < end else 128
            number, at = (number, at + 1) if number < 128 else number_in(data, at, base)
            if kind == INTEGER:
                yield key, number, base + place
                continue
            place, at = at, at + number
        if at > end:
            raise Broken(base + place, f"expected {at - place} bytes, found {end - place}")
        yield key, data[place:at], base + place
