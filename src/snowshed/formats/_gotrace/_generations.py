"""Splits a trace into its generations: about a second each, and each understood by itself.

The tables of stacks and strings come after the events that use them, so a generation has to be
there as a whole, though not decoded, before any of it is. One at a time is all that is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.errors import FormatError
from snowshed.formats._wire import Broken

if TYPE_CHECKING:
    from snowshed.formats._faults import Faults
    from snowshed.formats._gotrace._source import Source

__all__ = ["FORMAT", "NEWEST", "Batch", "Generation", "generations", "version_of"]

FORMAT = "go trace"
_HEADER = re.compile(rb"go 1\.(\d{1,2}) trace\0{3,4}")
_HEADER_SIZE = 16
_FIRST_OF_V2 = 22
# What Go 1.26 and 1.27 write.
NEWEST = 26
_SYNC_FROM = 25
_MARKED_FROM = 26
_EVENTS, _STACKS, _STRINGS, _SAMPLES, _FREQUENCY = 1, 2, 4, 6, 8
_EXPERIMENT, _SYNC, _END = 49, 50, 52
_THE_END, _A_GENERATION_ENDS = -1, -2  # in place of the number of a generation
_BATCH_AT_MOST = 64 << 10
# What a batch takes besides its bytes, so that many tiny ones count for what they are.
_OVERHEAD = 256
_EVENTS_AT_MOST = 256 << 20
_TABLES_AT_MOST = 64 << 20
_TABLES = {_STACKS: "stacks", _STRINGS: "strings", _SAMPLES: "samples"}


@dataclass(frozen=True, slots=True)
class Batch:
    """Bytes that one thread wrote.

    Attributes:
        thread: its number; a large one for what no thread wrote.
        base: time from which the times in it count.
        data: the bytes.
        at: their offset in the trace.
    """

    thread: int
    base: int
    data: bytes
    at: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A batch, None for one that is not ours to read, and the number of its generation."""

    number: int
    at: int
    batch: Batch | None = None


@dataclass(slots=True)
class Generation:
    """What belongs together: batches by what is in them."""

    number: int
    at: int
    events: list[Batch] = field(default_factory=list)
    strings: list[Batch] = field(default_factory=list)
    stacks: list[Batch] = field(default_factory=list)
    samples: list[Batch] = field(default_factory=list)
    sync: list[Batch] = field(default_factory=list)
    batches: int = 0
    experiments: int = 0
    marked: bool = False
    events_room: int = field(default_factory=lambda: _EVENTS_AT_MOST)
    tables_room: int = field(default_factory=lambda: _TABLES_AT_MOST)

    def add(self, batch: Batch | None, sync: int) -> bool:
        """Put a batch to the others; tell whether there was room for it."""
        self.batches += 1
        if batch is None:
            self.experiments += 1
            return True
        kind = batch.data[0] if batch.data else 0
        size = len(batch.data) + _OVERHEAD
        if kind != sync and kind not in _TABLES:
            self.events_room -= size
            if self.events_room >= 0:
                self.events.append(batch)
            return self.events_room >= 0
        self.tables_room -= size
        if self.tables_room >= 0:
            to: list[Batch] = self.sync if kind == sync else getattr(self, _TABLES[kind])
            to.append(batch)
        return self.tables_room >= 0


def version_of(source: Source) -> int:
    """Read the header.

    Raises:
        FormatError: it is none, or that of the older format.
    """
    head = source.take(_HEADER_SIZE)
    match = _HEADER.fullmatch(head)
    if match is None:
        what = f"expected the header `go 1.26 trace` of a Go execution trace, found {head!r}"
        raise FormatError(FORMAT, "byte 0", what)
    version = int(match[1])
    if version < _FIRST_OF_V2:
        what = f"a trace of Go 1.{version} or so, whose format was another; accepted: Go 1.22 to"
        raise FormatError(FORMAT, "byte 0", f"{what} 1.27; record it again with one of these")
    return version


def generations(source: Source, version: int, faults: Faults) -> Iterator[Generation]:
    """Yield each generation that is complete; what is not is noted in ``faults``."""
    sorter = _Sorter(version, faults)
    at, why = source.at, ""
    try:
        while (part := _next(source)).number != _THE_END:
            complete = sorter.put(part)
            if complete is not None:
                yield complete
            at = source.at
    except Broken as broken:
        why = f"at byte {broken.at}: {broken.what}"
    why = source.why or why
    last = sorter.current
    if last is not None and not sorter.marked and not why:
        yield last
    elif last is not None or why:
        start = last.at if last else at
        faults.note("generations left out", f"from byte {start} on: {why or 'it has no end'}")


class _Sorter:
    """Puts batches into generations.

    Attributes:
        marked: whether this version writes an end of each generation.
        current: the generation that is not complete yet.
    """

    def __init__(self, version: int, faults: Faults) -> None:
        self.marked = version >= _MARKED_FROM
        self.current: Generation | None = None
        self._sync = _SYNC if version >= _SYNC_FROM else _FREQUENCY
        self._faults = faults

    def put(self, part: _Part) -> Generation | None:
        """Take a part; return the generation that is complete with it, or was before it."""
        complete, number = None, part.number
        if number == _A_GENERATION_ENDS:
            complete, self.current = self.current, None
            if complete is not None:
                complete.marked = True
            return complete
        if not number:
            self._faults.note("batches left out", f"at byte {part.at}: there is no generation 0")
            return None
        if self.current is not None and number != self.current.number:
            if self.marked:
                what = f"at byte {part.at}: generation {number} begins before the last has ended"
                self._faults.note("generations without an end", what)
            complete, self.current = self.current, None
        self.current = self.current or Generation(number, part.at)
        if not self.current.add(part.batch, self._sync):
            self._faults.note("batches left out", f"at byte {part.at}: too large a generation")
        return complete


def _next(source: Source) -> _Part:
    """Read a batch, with the number of its generation, or an end.

    Raises:
        Broken: it is none, or ends too early.
    """
    at = source.at
    first = source.take(1)
    if not first:
        return _Part(_THE_END, at)
    kind = first[0]
    if kind == _END:
        return _Part(_A_GENERATION_ENDS, at)
    if kind not in {_EVENTS, _EXPERIMENT}:
        raise Broken(at, f"expected a batch of events, found the byte {kind:#04x}")
    if kind == _EXPERIMENT and not source.take(1):
        raise Broken(source.at, "expected the number of an experiment, found the end")
    generation, thread, base = source.number(), source.number(), source.number()
    size = source.number()
    if size > _BATCH_AT_MOST:
        raise Broken(source.at, f"expected a batch of at most {_BATCH_AT_MOST} bytes, found {size}")
    content = source.at
    data = source.take(size)
    if len(data) < size:
        raise Broken(source.at, f"expected a batch of {size} bytes, found {len(data)}")
    if kind == _EXPERIMENT:
        return _Part(generation, at)
    return _Part(generation, at, Batch(thread, base, data, content))
