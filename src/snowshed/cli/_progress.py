"""How far a command is with what takes long: one line, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

__all__ = ["Progress"]

# Who waits for less does not wonder.
QUIET = 2.0
WIDTH = 30
_CLEAR = "\r\x1b[K"


class Progress:
    """Tells how many bytes are done, from two seconds on, and takes the line away in the end.

    Args:
        name: what is read.
        total: bytes that it has; 0 if that is not known.
        out: where to tell it; nothing is told where that is no terminal.
        clock: seconds from whenever.
    """

    def __init__(
        self,
        name: str,
        total: int = 0,
        *,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._out = out if out is not None else sys.stderr
        self._name = name
        self._total = total
        self._clock = clock
        self._began = clock()
        self._shown = False
        self._talks = self._out.isatty()

    def __call__(self, done: int) -> None:
        """Tell that so many bytes are done."""
        if not self._talks or self._clock() - self._began < QUIET:
            return
        self._shown = True
        self._out.write(f"{_CLEAR}{self._name}: {self._bar(done)}")
        self._out.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._out.write(_CLEAR)
            self._out.flush()

    def _bar(self, done: int) -> str:
        megabytes = f"{done / 1e6:,.0f}"
        if not self._total:
            return f"{megabytes} MB"
        full = min(WIDTH * done // self._total, WIDTH)
        bar = "#" * full + "." * (WIDTH - full)
        return f"[{bar}] {megabytes} of {self._total / 1e6:,.0f} MB"
