"""What a limit is told, and the one thing that it answers.

A limit has no clock, no lock and no event loop: it is told what finished and how time passes, and
says how many units may be in flight at once. So each can be tested with numbers, driven by a
simulation, and exchanged for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

__all__ = ["Limit", "OpenRequest", "Sample", "Tick"]


class Sample(NamedTuple):
    """A request that has finished.

    Attributes:
        now: monotonic seconds.
        latency: seconds from its admission to its end.
        deadline: seconds that it had; the service's objective if it came without a deadline.
        inflight: units in use when it was admitted, its own included.
        units: its own units.
        dropped: True if it was ended by its deadline, so that ``latency`` is a lower bound.
    """

    now: float
    latency: float
    deadline: float
    inflight: float
    units: float
    dropped: bool


class OpenRequest(NamedTuple):
    """A request that has not finished.

    Attributes:
        admitted: monotonic seconds at which it was.
        deadline: seconds that it had then; the service's objective if it came without one.
        inflight: units in use then, its own included.
    """

    admitted: float
    deadline: float
    inflight: float


class Tick(NamedTuple):
    """A period that has passed, as the limiter's own counters have it.

    Attributes:
        now: monotonic seconds at its end.
        used: units in use at its end.
        peak: the most units that were in use during it.
        oldest: the requests that have been in flight for longest, some of those that are.
    """

    now: float
    used: float
    peak: float
    oldest: Sequence[OpenRequest] = ()


class Limit(Protocol):
    """A rule that says how many units may be in flight."""

    @property
    def limit(self) -> float:
        """Units that may be in flight at once; finite and at least 1, whatever it was told."""
        ...

    def on_sample(self, sample: Sample) -> None:
        """Learn from a request that has finished."""
        ...

    def on_tick(self, tick: Tick) -> None:
        """Learn from a period of about 0.1 s that has passed."""
        ...
