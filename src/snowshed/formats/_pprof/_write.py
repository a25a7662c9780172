"""A profile as one protobuf message."""

from __future__ import annotations

from hashlib import blake2b
from itertools import chain, repeat
from typing import TYPE_CHECKING

from snowshed.formats._wire import in_field, packed, varint, varint_field

if TYPE_CHECKING:
    from snowshed.model import Frame, Profile, Sample, ValueType

__all__ = ["address_of", "message_of"]

# Addresses lie in the one mapping, from its start on, and leave room above for those that collide.
_START = 1 << 12
_ADDRESSES = 1 << 46
_LIMIT = 1 << 47


def address_of(frame: Frame) -> int:
    """Return an address that stands for ``frame`` in every profile: not 0, hardly ever shared."""
    text = f"{frame.function}\0{frame.file}\0{frame.line}".encode(errors="backslashreplace")
    return _START + int.from_bytes(blake2b(text, digest_size=8).digest()) % _ADDRESSES


def message_of(profile: Profile) -> bytes:
    """Return the message, its tables in the order of their field numbers.

    Raises:
        ValueError: as `snowshed.formats.pprof.write`.
    """
    strings = _Strings()
    functions = _Functions(strings)
    locations = _Locations(functions)
    parts = [in_field(1, _value_type(each, strings)) for each in profile.sample_types]
    types = len(profile.sample_types)
    for index, sample in enumerate(profile.samples):
        if len(sample.values) != types or not types:
            msg = (
                f"sample {index} has {len(sample.values)} values, the profile {types} sample types;"
                " give one value for each type, and at least one type"
            )
            raise ValueError(msg)
        parts.append(in_field(2, _sample(sample, locations, strings)))
    parts.append(in_field(3, _mapping()))
    parts += [in_field(4, message) for message in locations.messages]
    parts += [in_field(5, message) for message in functions.messages]
    tail = _tail(profile, strings)
    parts += [in_field(6, text.encode(errors="backslashreplace")) for text in strings.texts]
    return b"".join([*parts, tail])


class _Strings(dict[str, int]):
    """The table of strings: an index for each text that is asked for, 0 for the empty one."""

    def __init__(self) -> None:
        super().__init__({"": 0})
        self.texts = [""]
        self._other_empty = 0

    def __missing__(self, text: str) -> int:
        index = self[text] = len(self.texts)
        self.texts.append(text)
        return index

    def never_0(self, text: str) -> int:
        """Return an index that can be told from a field that is missing, also for no text."""
        if text:
            return self[text]
        if not self._other_empty:
            self._other_empty = len(self.texts)
            self.texts.append("")
        return self._other_empty


class _Functions(dict[tuple[str, str], int]):
    """The ids of functions, by name and file."""

    def __init__(self, strings: _Strings) -> None:
        super().__init__()
        self.messages: list[bytes] = []
        self._strings = strings

    def __missing__(self, key: tuple[str, str]) -> int:
        name, file = self._strings[key[0]], self._strings[key[1]]
        number = self[key] = len(self.messages) + 1
        message = (varint_field(1, number), varint_field(2, name), varint_field(3, name))
        self.messages.append(b"".join((*message, varint_field(4, file))))
        return number


class _Locations(dict["Frame", bytes]):
    """The ids of frames, as they stand in the samples."""

    def __init__(self, functions: _Functions) -> None:
        super().__init__()
        self.messages: list[bytes] = []
        self._functions = functions
        self._addresses: set[int] = set()

    def __missing__(self, frame: Frame) -> bytes:
        line = varint_field(1, self._functions[frame.function, frame.file])
        line += varint_field(2, frame.line)
        address = address_of(frame)
        # Parca takes two locations with one address for the same.
        while address in self._addresses:
            address += 1
        self._addresses.add(address)
        number = len(self.messages) + 1
        head = (varint_field(1, number), varint_field(2, 1), varint_field(3, address))
        self.messages.append(b"".join((*head, in_field(4, line))))
        in_sample = self[frame] = varint(number)
        return in_sample


def _sample(sample: Sample, locations: _Locations, strings: _Strings) -> bytes:
    parts = [packed(2, sample.values)]
    if sample.stack:
        parts.insert(0, in_field(1, b"".join(map(locations.__getitem__, sample.stack))))
    for (key, value), unit in zip(sample.labels, chain(sample.units, repeat("")), strict=False):
        parts.append(in_field(3, _label(key, value, unit, strings)))
    return b"".join(parts)


def _label(key: str, value: str | int, unit: str, strings: _Strings) -> bytes:
    name = varint_field(1, strings[key])
    if isinstance(value, str):
        return name + varint_field(2, strings.never_0(value))
    return name + varint_field(3, value) + varint_field(4, strings[unit])


def _value_type(value_type: ValueType, strings: _Strings) -> bytes:
    return varint_field(1, strings[value_type.type]) + varint_field(2, strings[value_type.unit])


def _mapping() -> bytes:
    """Say that everything has names already, or pprof looks for a program to find them in."""
    has = b"".join(varint_field(field, 1) for field in (7, 8, 9, 10))
    return varint_field(1, 1) + varint_field(2, _START) + varint_field(3, _LIMIT) + has


def _tail(profile: Profile, strings: _Strings) -> bytes:
    parts = [varint_field(9, profile.time_nanos), varint_field(10, profile.duration_nanos)]
    if profile.period_type is not None:
        parts.append(in_field(11, _value_type(profile.period_type, strings)))
    parts.append(varint_field(12, profile.period))
    parts.append(packed(13, (strings[comment] for comment in profile.comments)))
    parts.append(varint_field(14, strings[profile.default_sample_type]))
    return b"".join(parts)
