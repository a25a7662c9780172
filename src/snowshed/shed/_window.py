"""What happened lately: counts over the last seconds, and the outcomes of the last calls.

Guards judge by the recent past, and a past that is kept call by call grows with traffic. Counts are
kept in buckets instead, a tenth of the window each: the window then reaches back between nine and
ten tenths of its length, and costs the same at any rate. The outcomes of the last n calls are kept
in n bytes.

Nothing here reads a clock. A time before the latest one counts as the latest one.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

__all__ = ["CallCounts", "CallWindow", "LastCalls", "LastSeconds", "RecentCounts"]

BUCKETS = 10
FAILED, SLOW = 1, 2


class RecentCounts:
    """Counts of a few kinds of things in the last ``window`` seconds.

    Costs O(1) for each count, O(buckets) for each bucket that has passed.
    """

    __slots__ = ("_buckets", "_latest", "_step", "_totals")

    def __init__(self, kinds: int, *, window: float, buckets: int = BUCKETS) -> None:
        self._step = window / buckets
        self._buckets = [[0] * kinds for _ in range(buckets)]
        self._totals = [0] * kinds
        self._latest = 0

    def add(self, kind: int, now: float) -> None:
        """Count one of ``kind``."""
        self._advance(now)
        self._buckets[self._latest % len(self._buckets)][kind] += 1
        self._totals[kind] += 1

    def totals(self, now: float) -> list[int]:
        """Return the counts of each kind; not to be changed. Changes nothing, in any thread."""
        passed = min(int(now / self._step) - self._latest, len(self._buckets))
        if passed <= 0:
            return self._totals
        gone = [
            self._buckets[(self._latest + each) % len(self._buckets)]
            for each in range(1, passed + 1)
        ]
        return [
            total - sum(bucket[kind] for bucket in gone) for kind, total in enumerate(self._totals)
        ]

    def clear(self) -> None:
        """Forget everything."""
        for bucket in (*self._buckets, self._totals):
            bucket[:] = [0] * len(bucket)

    def _advance(self, now: float) -> None:
        index = int(now / self._step)
        if index <= self._latest:
            return
        for passed in range(1, min(index - self._latest, len(self._buckets)) + 1):
            self._empty(self._buckets[(self._latest + passed) % len(self._buckets)])
        self._latest = index

    def _empty(self, bucket: list[int]) -> None:
        for kind, count in enumerate(bucket):
            self._totals[kind] -= count
            bucket[kind] = 0


class CallCounts(NamedTuple):
    """How calls ended.

    Attributes:
        calls: calls that ended.
        failed: how many of them failed.
        slow: how many of them were slow; a call may be both.
    """

    calls: int
    failed: int
    slow: int


class CallWindow(Protocol):
    """The calls by which a circuit is judged."""

    def add(self, *, failed: bool, slow: bool, now: float) -> None:
        """Note how a call ended."""
        ...

    def counts(self, now: float) -> CallCounts:
        """Return how the calls of the window ended."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...


class LastCalls:
    """The last ``size`` calls, however long ago they were. O(1) a call, ``size`` bytes."""

    __slots__ = ("_failed", "_length", "_next", "_ring", "_slow")

    def __init__(self, size: int) -> None:
        self._ring = bytearray(size)
        self._length = self._next = self._failed = self._slow = 0

    def add(self, *, failed: bool, slow: bool, now: float) -> None:
        """Note how a call ended, in the place of the oldest."""
        del now
        place = self._next
        old, new = self._ring[place], failed * FAILED | slow * SLOW
        self._ring[place] = new
        self._failed += (new & FAILED) - (old & FAILED)
        self._slow += (new & SLOW) // SLOW - (old & SLOW) // SLOW
        self._next = (place + 1) % len(self._ring)
        self._length = min(self._length + 1, len(self._ring))

    def counts(self, now: float) -> CallCounts:
        """Return how the last calls ended."""
        del now
        return CallCounts(self._length, self._failed, self._slow)

    def clear(self) -> None:
        """Forget everything."""
        self._ring[:] = bytes(len(self._ring))
        self._length = self._next = self._failed = self._slow = 0


class LastSeconds:
    """The calls that ended in the last ``window`` seconds, however many they were."""

    __slots__ = ("_counts",)

    def __init__(self, window: float) -> None:
        self._counts = RecentCounts(3, window=window)

    def add(self, *, failed: bool, slow: bool, now: float) -> None:
        """Note how a call ended."""
        self._counts.add(0, now)
        if failed:
            self._counts.add(1, now)
        if slow:
            self._counts.add(2, now)

    def counts(self, now: float) -> CallCounts:
        """Return how the calls of the last seconds ended."""
        return CallCounts(*self._counts.totals(now))

    def clear(self) -> None:
        """Forget everything."""
        self._counts.clear()
