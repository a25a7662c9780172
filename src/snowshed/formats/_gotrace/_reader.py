"""Reads generation after generation, and follows the goroutines from one to the next.

The events of a generation are spread over batches, each in the order of one thread. A batch has
nothing that is older than its base time; so with the batches in the order of these, what is older
than the next one's is complete, and can be sorted, applied and forgotten.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from snowshed.formats._gotrace._events import EVENTS, FIRST_OF_HEAP
from snowshed.formats._gotrace._hot import (
    Move,
    Thread,
    follow,
    moves_in,
    numbers_in,
    numbers_with_heap_in,
)
from snowshed.formats._gotrace._lives import Lives
from snowshed.formats._gotrace._tables import Clock, Stacks, clock_in, samples_in, strings_in

if TYPE_CHECKING:
    from snowshed.formats._faults import Faults
    from snowshed.formats._gotrace._generations import Batch, Generation

__all__ = ["Reader"]

_BATCH, _STACKS, _STRINGS, _SAMPLES, _SAMPLE = 1, 2, 4, 6, 7
_EXPERIMENT, _END = 49, 52
_WINDOW = 50_000  # moves
_WINDOW_AT_MOST = 2_000_000


class Reader:
    """What is known of a trace after the generations so far.

    Attributes:
        counts: of events, by type.
        end: time of the last event, in ticks of ``clock``.
        clock: of the first generation; the times of all others are turned into its.
    """

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.stacks = Stacks(faults)
        self.lives = Lives(self.stacks, faults)
        self.counts = [0] * len(EVENTS)
        self.generations = 0
        self.end = 0
        self.clock: Clock | None = None
        self._last_clock: Clock | None = None
        self._window: list[Move] = []
        self._room = _WINDOW

    @property
    def seconds(self) -> float:
        """Return how much time the trace covers."""
        return (self.end - self.lives.start) / self.clock.frequency if self.clock else 0.0

    def add(self, generation: Generation) -> None:
        """Read one generation."""
        counts = self.counts
        counts[_BATCH] += generation.batches - generation.experiments
        counts[_EXPERIMENT] += generation.experiments
        counts[_END] += generation.marked
        clock = clock_in(generation, counts, self.faults) or self._last_clock
        if clock is None:
            self.faults.note("generations left out", f"number {generation.number} has no clock")
            return
        self.generations += 1
        self._last_clock = clock
        counts[_STRINGS] += len(generation.strings)
        counts[_STACKS] += len(generation.stacks)
        counts[_SAMPLES] += len(generation.samples)
        counts[_SAMPLE] += samples_in(generation)
        strings = strings_in(generation, counts, self.faults)
        stacks = self.stacks.read(generation, strings, counts)
        self.lives.turn_to(strings, stacks)
        self.clock = self.clock or clock
        self._events(generation, clock.frequency)

    def _events(self, generation: Generation, frequency: int) -> None:
        """Follow all events of a generation, which has its times in ticks of ``frequency``."""
        threads: dict[int, Thread] = {}
        batches = _in_order(generation.events)
        generation.events.clear()
        for base, batch in batches:
            now = self._ticks(base, frequency)
            if not self.end:
                self.end = self.lives.start = now
            if len(self._window) > self._room:
                self._apply(now)
            thread = threads.setdefault(batch.thread, Thread(batch.thread))
            self._batch(batch, thread, frequency)
        self._apply(None)

    def _ticks(self, time: int, frequency: int) -> int:
        """Return ``time``, in ticks of ``frequency``, in those of the first generation."""
        own = self.clock.frequency if self.clock else frequency
        return time if own == frequency else (time * own + frequency // 2) // frequency

    def _batch(self, batch: Batch, thread: Thread, frequency: int) -> None:
        moves: list[Move] = []
        numbers, whole = numbers_in(batch.data)
        last, at = moves_in(numbers, batch.base, thread, self.counts, moves)
        if at < len(numbers) or not whole:
            offset = _offset(batch.data, at)
            if batch.data[offset : offset + 1] >= bytes((FIRST_OF_HEAP,)):
                numbers, offset = numbers_with_heap_in(batch.data, offset)
                last, _ = moves_in(numbers, last, thread, self.counts, moves)
            if offset < len(batch.data):
                self.faults.note("batches cut short", _why(batch, offset))
        self.end = max(self.end, self._ticks(last, frequency))
        if self.clock and frequency != self.clock.frequency:
            moves = [
                (self._ticks(key >> 3, frequency) << 3 | key & 7, id_, what, first, second, third)
                for key, id_, what, first, second, third in moves
            ]
        self._window += moves

    def _apply(self, until: int | None) -> None:
        """Apply what is older than ``until``, or all."""
        window = self._window
        window.sort()
        if until is None or len(window) > _WINDOW_AT_MOST:
            cut = len(window)
        else:
            cut = bisect_left(window, (until << 3,))
        late = follow(window[:cut], self.lives.book)
        if late:
            self.faults.note("parts of the trace with events in the wrong order", f"{late} events")
        del window[:cut]
        # What is left will be sorted again: not each time that a little comes to it.
        self._room = max(_WINDOW, 2 * len(window))


def _in_order(batches: list[Batch]) -> list[tuple[int, Batch]]:
    """Sort batches by their base times; those of one thread stay in their order."""
    latest: dict[int, int] = {}
    timed: list[tuple[int, Batch]] = []
    for batch in batches:
        base = max(batch.base, latest.get(batch.thread, 0))
        latest[batch.thread] = base
        timed.append((base, batch))
    timed.sort(key=lambda pair: pair[0])
    return timed


def _offset(data: bytes, count: int) -> int:
    """Return the offset behind the first ``count`` numbers in ``data``."""
    at = 0
    while count and at < len(data):
        count -= data[at] < 128
        at += 1
    return at


def _why(batch: Batch, offset: int) -> str:
    """Say what could not be read in a batch from ``offset`` on."""
    kind = batch.data[offset]
    if kind >= len(EVENTS) or not EVENTS[kind][1]:
        return f"at byte {batch.at + offset}: an event of type {kind}, which is not known"
    return f"at byte {batch.at + offset}: an event without its end"
