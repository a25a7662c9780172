"""One protobuf message as a profile.

Two passes. The first only sorts the entries, because the strings come last; the second turns each
sample into frames. A packed row of locations is split into its integers as bytes, and those bytes
are the keys of a table of frames: no integer is decoded twice. A row, or a label, that comes again
is looked up whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

from snowshed.errors import FormatError
from snowshed.formats._faults import Faults
from snowshed.formats._wire import (
    Broken,
    Token,
    fields,
    number_of,
    numbers_in,
    signed,
    split,
    varint,
)
from snowshed.model import Frame, Profile, Sample, Stack, ValueType

__all__ = ["profile_of"]

_ENTRIES_AT_MOST = 2_000_000
_FRAMES_AT_MOST = 20_000_000

# Keys of the fields that are read: number << 3 | wire type.
_TYPE, _SAMPLE, _LOCATION, _FUNCTION, _STRING = 0x0A, 0x12, 0x22, 0x2A, 0x32
_TIME, _DURATION, _PERIOD_TYPE, _PERIOD = 0x48, 0x50, 0x5A, 0x60
_COMMENTS, _COMMENT, _DEFAULT_TYPE = 0x6A, 0x68, 0x70
_MAPPING = 0x1A
_MESSAGES = (_TYPE, _SAMPLE, _MAPPING, _LOCATION, _FUNCTION, _STRING, _PERIOD_TYPE)
_NUMBERS = (_TIME, _DURATION, _PERIOD, _DEFAULT_TYPE)

_T = TypeVar("_T")
_Decode = Callable[[bytes, int], _T]


_Labels = tuple[tuple[tuple[str, str | int], ...], tuple[str, ...]]  # a sample's labels and units


def profile_of(raw: bytes, warnings: list[str]) -> Profile:
    """Return the profile in ``raw``, with ``warnings`` and those about ``raw`` itself.

    Raises:
        FormatError: as `snowshed.formats.pprof.read`.
    """
    faults = Faults(warnings)
    entries = _entries_of(raw, faults)
    names = _Names(entries, faults)
    types = entries.decoded(_TYPE, "sample types", names.value_type, faults)
    periods = entries.decoded(_PERIOD_TYPE, "period types", names.value_type, faults)
    reader = _Samples(_Frames(entries, names, faults), names, types, faults)
    samples = entries.decoded(_SAMPLE, "samples", reader.sample, faults)
    # Other files begin like a field too: a page of HTML that has an empty line first.
    if not types and not samples and faults.lines():
        raise _foreign("expected sample types, found none", faults)
    return Profile(
        sample_types=tuple(types),
        samples=tuple(samples),
        period_type=periods[-1] if periods else None,
        period=signed(entries.numbers.get(_PERIOD, 0)),
        time_nanos=signed(entries.numbers.get(_TIME, 0)),
        duration_nanos=signed(entries.numbers.get(_DURATION, 0)),
        comments=tuple(map(names.string, entries.comments)),
        default_sample_type=names.string(entries.numbers.get(_DEFAULT_TYPE, 0)),
        warnings=faults.lines(),
    )


@dataclass(slots=True)
class _Entries:
    """The entries of a message by kind, each with its offset in the whole."""

    messages: dict[int, list[tuple[bytes, int]]]
    numbers: dict[int, int] = field(default_factory=dict)
    comments: list[int] = field(default_factory=list)

    def decoded(self, key: int, kind: str, decode: _Decode[_T], faults: Faults) -> list[_T]:
        """Decode all of a kind; leave out those that are broken."""
        out: list[_T] = []
        for content, at in self.messages[key]:
            try:
                out.append(decode(content, at))
            except Broken as broken:
                faults.note(f"{kind} left out", f"at byte {broken.at}: {broken.what}")
        return out


def _entries_of(raw: bytes, faults: Faults) -> _Entries:
    """Sort the entries of ``raw``; of a damaged one, those before the damage.

    Raises:
        FormatError: there are too many, or none.
    """
    entries = _Entries({key: [] for key in _MESSAGES})
    count = 0
    why = "expected the entries of a profile, found none"
    try:
        for key, value, at in fields(raw):
            count += 1
            if key in entries.messages:
                entries.messages[key].append((value, at))
            elif key in _NUMBERS:
                entries.numbers[key] = value
            elif key == _COMMENT:
                entries.comments.append(value)
            elif key == _COMMENTS:
                entries.comments += numbers_in(value, at)
            else:
                count -= 1
            if count > _ENTRIES_AT_MOST:
                what = f"more than {_ENTRIES_AT_MOST} entries; write fewer samples into one profile"
                raise FormatError("pprof", f"byte {at}", what)
    except Broken as broken:
        if count:
            faults.note("the rest of the profile left out", f"at byte {broken.at}: {broken.what}")
        why = broken.what
    if not count:
        raise _foreign(why, faults)
    return entries


def _foreign(why: str, faults: Faults) -> FormatError:
    """Return the error for what is no profile, or one of which nothing is left."""
    also = f" ({'; '.join(faults.lines())})" if faults.lines() else ""
    return FormatError("pprof", "byte 0", f"{why}{also}; accepted: profile.proto, gzip'd or not")


class _Names:
    """The strings, and what consists of nothing else."""

    def __init__(self, entries: _Entries, faults: Faults) -> None:
        self._strings = [text.decode(errors="replace") for text, _ in entries.messages[_STRING]]
        self._faults = faults

    def string(self, index: int) -> str:
        """Return a string by its index; nothing for one that does not exist."""
        if 0 <= index < len(self._strings):
            return self._strings[index]
        if index:
            what = f"number {index} of {len(self._strings)}"
            self._faults.note("strings that are not there", what)
        return ""

    def value_type(self, content: bytes, at: int) -> ValueType:
        """Decode a type and its unit."""
        found = {key: value for key, value, _ in fields(content, at)}
        return ValueType(self.string(found.get(0x08, 0)), self.string(found.get(0x10, 0)))

    def function(self, content: bytes, at: int) -> tuple[int, str, str]:
        """Decode a function: its id, name and file."""
        found = {key: value for key, value, _ in fields(content, at)}
        name = self.string(found.get(0x10, 0)) or self.string(found.get(0x18, 0))
        return found.get(0x08, 0), name, self.string(found.get(0x20, 0))

    def label(self, content: bytes, at: int) -> tuple[str, str | int, str]:
        """Decode a label: its name, value and unit."""
        found = {key: value for key, value, _ in fields(content, at)}
        name = self.string(found.get(0x08, 0))
        if found.get(0x10):
            return name, self.string(found[0x10]), ""
        return name, signed(found.get(0x18, 0)), self.string(found.get(0x20, 0))


class _Frames(dict[Token, Stack]):
    """The frames of each location, by its id as the samples have it."""

    def __init__(self, entries: _Entries, names: _Names, faults: Faults) -> None:
        super().__init__()
        self._faults = faults
        functions = entries.decoded(_FUNCTION, "functions", names.function, faults)
        self._functions = {number: (name, file) for number, name, file in functions}
        self._by_number = dict(entries.decoded(_LOCATION, "locations", self._location, faults))
        self.deepest = max(map(len, self._by_number.values()), default=1)
        self.single = _Single(self)

    def __missing__(self, token: Token) -> Stack:
        number = number_of(token)
        frames = self._by_number.get(number)
        if frames is None:
            self._faults.note("locations that are not there", f"number {number}")
            frames = (Frame("?", "", 0),)
        self[token] = frames
        return frames

    def _location(self, content: bytes, at: int) -> tuple[int, Stack]:
        number = address = 0
        lines: list[Frame] = []
        for key, value, place in fields(content, at):
            if key == 0x22:
                lines.append(self._line(value, place))
            elif key == 0x08:
                number = value
            elif key == 0x18:
                address = value
        return number, tuple(lines) or (Frame(f"{address:#x}", "", 0),)

    def _line(self, content: bytes, at: int) -> Frame:
        number = line = 0
        for key, value, _ in fields(content, at):
            if key == 0x08:
                number = value
            elif key == 0x10:
                line = signed(value)
        function = self._functions.get(number)
        if function is None:
            self._faults.note("functions that are not there", f"number {number}")
            function = ("?", "")
        return Frame(*function, line)


class _Single(dict[Token, Frame]):
    """The frame of each location, where nothing was inlined: a third faster to put together."""

    def __init__(self, frames: _Frames) -> None:
        super().__init__()
        self._frames = frames

    def __missing__(self, token: Token) -> Frame:
        (frame,) = self._frames[token]
        self[token] = frame
        return frame


class _Samples:
    """Decodes samples; a stack, or a set of labels, that was seen before is the same object."""

    def __init__(
        self, frames: _Frames, names: _Names, types: list[ValueType], faults: Faults
    ) -> None:
        self._frames = frames
        self._names = names
        self._width = len(types)
        self._faults = faults
        self._stacks: dict[bytes, Stack] = {}
        self._labels: dict[tuple[bytes, ...], _Labels] = {(): ((), ())}
        self._left = _FRAMES_AT_MOST

    def sample(self, content: bytes, at: int) -> Sample:
        """Decode a sample."""
        rows: list[bytes] = []
        values: list[int] = []
        labels: list[bytes] = []
        for key, value, place in fields(content, at):
            if key == 0x0A:
                rows.append(value)
            elif key == 0x08:
                rows.append(varint(value))
            elif key == 0x12:
                values += numbers_in(value, place)
            elif key == 0x10:
                values.append(signed(value))
            elif key == 0x1A:
                labels.append(value)
        if len(values) != self._width:
            self._fit(values, at)
        row = b"".join(rows)
        stack = self._stacks.get(row)
        if stack is None:
            stack = self._stacks[row] = self._stack(row, at)
        together = tuple(labels)
        named = self._labels.get(together) or self._label_set(together, at)
        return Sample(stack, tuple(values), *named)

    def _stack(self, row: bytes, at: int) -> Stack:
        tokens = split(row, at)
        if len(tokens) * self._frames.deepest > self._left:
            self._refuse_if_too_many(tokens, at)
        if self._frames.deepest == 1:
            stack = tuple(map(self._frames.single.__getitem__, tokens))
        else:
            stack = tuple(chain.from_iterable(map(self._frames.__getitem__, tokens)))
        self._left -= len(stack)
        return stack

    def _refuse_if_too_many(self, tokens: list[Token], at: int) -> None:
        """Count before building: a short row can name a location of a million inlined calls."""
        if sum(map(len, map(self._frames.__getitem__, tokens))) > self._left:
            what = f"more than {_FRAMES_AT_MOST} frames in all; write shorter stacks, or fewer"
            raise FormatError("pprof", f"byte {at}", what)

    def _label_set(self, together: tuple[bytes, ...], at: int) -> _Labels:
        labels = [self._names.label(each, at) for each in together]
        units = tuple(unit for _, _, unit in labels)
        pairs = tuple((name, value) for name, value, _ in labels)
        found = self._labels[together] = (pairs, units if any(units) else ())
        return found

    def _fit(self, values: list[int], at: int) -> None:
        """Give the sample one value for each type: 0 for one that is missing."""
        what = f"at byte {at}: {len(values)} for {self._width} types"
        self._faults.note("samples with a wrong number of values", what)
        values += [0] * (self._width - len(values))
        del values[self._width :]
