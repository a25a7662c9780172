"""The tables of a generation: strings, stacks, the clock.

Their numbers hold in one generation only. Frames and stacks get numbers of their own for the whole
trace, so that a wait that begins in one generation and ends in the next is one wait.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.formats._gotrace._hot import numbers_in
from snowshed.formats._wire import Broken, number_in
from snowshed.model import Frame, Stack

if TYPE_CHECKING:
    from snowshed.formats._faults import Faults
    from snowshed.formats._gotrace._generations import Generation

__all__ = ["Clock", "Stacks", "clock_in", "samples_in", "strings_in"]

_STACK, _STRING, _SAMPLE = 3, 5, 7
_FREQUENCY, _SYNC, _SNAPSHOT = 8, 50, 51
_STRING_AT_MOST = 1 << 10
_FRAMES_OF_A_STACK = 128
_FRAMES_AT_MOST = 250_000
_PLACES_AT_MOST = 8_000_000  # frames of all different stacks
_ENTRIES_AT_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """What the times of a generation mean.

    Attributes:
        frequency: ticks in a second.
        ticks: a time in ticks.
        nanos: the same in nanoseconds since 1970; 0 if it is not told.
    """

    frequency: int
    ticks: int = 0
    nanos: int = 0


def clock_in(generation: Generation, counts: list[int], faults: Faults) -> Clock | None:
    """Return the clock of a generation; None if it has none."""
    clock = None
    for batch in generation.sync:
        numbers, _ = numbers_in(batch.data)
        if numbers[0] == _SYNC:
            counts[_SYNC] += 1
            del numbers[0]
        if len(numbers) < 2 or numbers[0] != _FREQUENCY or not numbers[1]:
            faults.note("clocks left out", f"at byte {batch.at}: expected a frequency")
            continue
        counts[_FREQUENCY] += 1
        clock = Clock(numbers[1])
        if len(numbers) == 7 and numbers[2] == _SNAPSHOT:
            counts[_SNAPSHOT] += 1
            nanos = numbers[5] * 10**9 + numbers[6]
            clock = Clock(numbers[1], batch.base + numbers[3], nanos)
    return clock


def strings_in(generation: Generation, counts: list[int], faults: Faults) -> dict[int, str]:
    """Return the strings of a generation by number."""
    strings = {0: ""}
    for batch in generation.strings:
        at, data = 1, batch.data
        try:
            while at < len(data):
                if data[at] != _STRING:
                    raise Broken(at, "expected a string")
                number, at = number_in(data, at + 1)
                size, at = number_in(data, at)
                if size > _STRING_AT_MOST or at + size > len(data):
                    raise Broken(at, f"expected a string that is shorter than {size}")
                if len(strings) > _ENTRIES_AT_MOST:
                    raise Broken(at, f"more than {_ENTRIES_AT_MOST} strings")
                strings[number] = data[at : at + size].decode(errors="replace")
                counts[_STRING] += 1
                at += size
        except Broken as broken:
            faults.note("strings left out", f"at byte {batch.at + broken.at}: {broken.what}")
    return strings


def samples_in(generation: Generation) -> int:
    """Count the samples of a CPU profile; they are not read."""
    return sum((len(numbers_in(batch.data)[0]) - 1) // 6 for batch in generation.samples)


@dataclass(slots=True)
class Stacks:
    """All stacks of a trace, each once: rows of frames by number. Number 0 is no stack."""

    faults: Faults
    frames: list[Frame] = field(default_factory=list)
    rows: list[tuple[int, ...]] = field(default_factory=lambda: [()])
    _frame_ids: dict[tuple[str, str, int], int] = field(default_factory=dict)
    _row_ids: dict[tuple[int, ...], int] = field(default_factory=lambda: {(): 0})
    _places: int = 0

    def stack(self, number: int) -> Stack:
        """Return a stack by its number in the trace."""
        return tuple(self.frames[frame] for frame in self.rows[number])

    def outermost(self, number: int) -> str:
        """Return the name of the function at the bottom of a stack."""
        row = self.rows[number]
        return self.frames[row[-1]].function if row else ""

    def read(
        self, generation: Generation, strings: dict[int, str], counts: list[int]
    ) -> dict[int, int]:
        """Add the stacks of a generation; return their numbers by those in the generation."""
        ids = {0: 0}
        for batch in generation.stacks:
            numbers, whole = numbers_in(batch.data)
            at = 1
            while at + 2 < len(numbers):
                kind, number, size = numbers[at : at + 3]
                end = at + 3 + 4 * size
                fits = end <= len(numbers) and len(ids) < _ENTRIES_AT_MOST
                if kind != _STACK or size > _FRAMES_OF_A_STACK or not fits:
                    break
                ids[number] = self._row(numbers[at + 3 : end], strings)
                counts[_STACK] += 1
                at = end
            if at != len(numbers) or not whole:
                self.faults.note("stacks left out", f"in the batch at byte {batch.at}: damaged")
        return ids

    def _row(self, numbers: list[int], strings: dict[int, str]) -> int:
        """Return the number of a stack with the given frames: pc, function, file, line of each."""
        frames = zip(numbers[1::4], numbers[2::4], numbers[3::4], strict=True)
        row = tuple([self._frame(*frame, strings) for frame in frames])
        known = self._row_ids.get(row)
        if known is not None:
            return known
        if self._places + len(row) + 4 > _PLACES_AT_MOST or -1 in row:
            what = f"more than {_FRAMES_AT_MOST} different calls or {_PLACES_AT_MOST} in all stacks"
            self.faults.note("stacks left out", what)
            return 0
        self._places += len(row) + 4
        self.rows.append(row)
        self._row_ids[row] = number = len(self.rows) - 1
        return number

    def _frame(self, function: int, file: int, line: int, strings: dict[int, str]) -> int:
        """Return the number of a frame; -1 if there are too many."""
        key = strings.get(function, "?"), strings.get(file, ""), line
        known = self._frame_ids.get(key)
        if known is None:
            if len(self.frames) >= _FRAMES_AT_MOST:
                return -1
            known = self._frame_ids[key] = len(self.frames)
            self.frames.append(Frame(*key))
        return known
