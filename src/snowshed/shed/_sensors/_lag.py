"""How late the event loop is: what it was asked to do at a time, and when it came to it.

A loop that is late is late for everybody, and none of the requests shows whose fault it is. So a
probe asks for its turn ten times a second, and notes how long after it that came.
"""

from __future__ import annotations

import asyncio

from snowshed.core import _clock

__all__ = ["LoopLag"]

EVERY = 0.1


class LoopLag:
    """Measures the lag of the running loop; `start` once, then `take` as often as wanted."""

    __slots__ = ("_due", "_handle", "_worst")

    def __init__(self) -> None:
        self._handle: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._worst = 0.0

    def start(self) -> None:
        """Begin to measure the running loop."""
        if self._handle is None:
            self._ask(_clock.now())

    def stop(self) -> None:
        """Measure no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def take(self, now: float) -> float | None:
        """Return the worst lag in seconds since the last call; None if it does not measure."""
        if self._handle is None:
            return None
        worst, self._worst = max(self._worst, now - self._due, 0.0), 0.0
        return worst

    def _ask(self, now: float) -> None:
        self._due = now + EVERY
        self._handle = asyncio.get_running_loop().call_later(EVERY, self._came)

    def _came(self) -> None:
        now = _clock.now()
        self._worst = max(self._worst, now - self._due)
        self._ask(now)
