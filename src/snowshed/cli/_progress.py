"""How far a command is with what takes long: one line, on a terminal only."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["Progress", "ticking"]

# Who waits for less does not wonder.
QUIET = 2.0
EVERY = 0.25
WIDTH = 30
_NAME_AT_MOST = 30
_CLEAR = "\r\x1b[K"


class Progress:
    """Tells how many bytes are done, from two seconds on, and takes the line away in the end.

    As long as no bytes are told, the seconds are.

    Args:
        name: what is read.
        total: bytes that it has; 0 if that is not known.
        seconds: that it will take, about; 0 if that is not known.
        out: where to tell it; nothing is told where that is no terminal.
        clock: seconds from whenever.
    """

    def __init__(
        self,
        name: str,
        total: int = 0,
        *,
        seconds: float = 0.0,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._out = out if out is not None else sys.stderr
        # A line that is longer than the terminal could not be taken away.
        self._name = name if len(name) <= _NAME_AT_MOST else f"…{name[1 - _NAME_AT_MOST :]}"
        self._total = total
        self._seconds = seconds
        self._clock = clock
        self._began = clock()
        self._shown = False
        self._counts = False
        # Bytes are told by who reads, seconds by a thread.
        self._lock = threading.Lock()
        # There is none where stderr is closed.
        self.talks = self._out is not None and self._out.isatty()

    def __call__(self, done: int) -> None:
        """Tell that so many bytes are done."""
        self._counts = True
        self._tell(lambda _: self._bytes(done))

    def tick(self) -> None:
        """Tell how long it has taken, if nobody tells the bytes."""
        if not self._counts:
            self._tell(self._time)

    def close(self) -> None:
        """Take the line away."""
        with self._lock:
            if self._shown:
                self._out.write(_CLEAR)
                self._out.flush()
            self.talks = False

    def _tell(self, what: Callable[[float], str]) -> None:
        passed = self._clock() - self._began
        with self._lock:
            if self.talks and passed >= QUIET:
                self._shown = True
                self._out.write(f"{_CLEAR}{self._name}: {what(passed)}")
                self._out.flush()

    def _bytes(self, done: int) -> str:
        megabytes = f"{done / 1e6:,.0f}"
        if not self._total:
            return f"{megabytes} MB"
        return f"{_bar(done / self._total)} {megabytes} of {self._total / 1e6:,.0f} MB"

    def _time(self, passed: float) -> str:
        if not self._seconds:
            return f"{passed:.0f} s"
        return f"{_bar(passed / self._seconds)} {passed:.0f} of about {self._seconds:.0f} s"


@contextmanager
def ticking(progress: Progress) -> Iterator[Progress]:
    """Have the seconds of ``progress`` go on, and close it in the end."""
    done = threading.Event()

    def tick() -> None:
        while not done.wait(EVERY):
            progress.tick()

    thread = threading.Thread(target=tick, daemon=True)
    if progress.talks:
        thread.start()
    try:
        yield progress
    finally:
        done.set()
        progress.close()


def _bar(part: float) -> str:
    full = min(int(WIDTH * part), WIDTH)
    return f"[{'#' * full}{'.' * (WIDTH - full)}]"
