"""How much of the processor each thread uses.

A stack that is taken of every thread tells where threads *are*, which mostly is where they wait. To
tell which of them burn the processor, each one's clock is read. It is addressed by the number that
Linux gives the thread: `time.pthread_getcpuclockid` crashes the process when the thread has ended a
moment ago, and no look from outside can exclude that; a number that is gone is only an error.

On other systems the time of the process is shared out among the threads whose innermost function is
not one that waits.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import PurePath
from types import FrameType
from typing import NamedTuple

from snowshed.observe._background import is_ours

__all__ = ["Burned", "ThreadClocks", "cpu_of"]

LOOKED_AT = 50
_LINUX = sys.platform.startswith("linux")
_WAITING = {
    "threading",
    "queue",
    "selectors",
    "socket",
    "ssl",
    "subprocess",
    "connection",
    "thread",
}


class Burned(NamedTuple):
    """What one thread has used since it was last looked at.

    Attributes:
        ident: identifier of the thread.
        name: its name.
        frame: where it stands.
        cpu: seconds of CPU.
        elapsed: seconds that have passed.
    """

    ident: int
    name: str
    frame: FrameType
    cpu: float
    elapsed: float


def cpu_of(native: int) -> float | None:
    """Return the CPU seconds of a thread of this process by its native number; None: unknown."""
    if not _LINUX:
        return None
    try:
        # How Linux numbers the CPU clock of a thread; see clock_getcpuclockid(3).
        return time.clock_gettime(~native << 3 | 6)
    except OSError:
        return None


class ThreadClocks:
    """Looks at the threads of the process, `LOOKED_AT` of them at a time, in turns.

    Args:
        most: threads that are looked at in one go.
    """

    def __init__(self, most: int = LOOKED_AT) -> None:
        self._most = most
        self._next = 0
        self._seen: dict[int, tuple[int, float, float]] = {}
        self._process = time.process_time()

    def look(self, now: float) -> list[Burned]:
        """Return what threads have used since they were looked at before.

        Cost: 1 us for each of them, 10 us for each 100 threads of the process.
        """
        # Not `threading.enumerate`: its lock may be held by a thread that does not run.
        threads = threading._active.copy()  # type: ignore[attr-defined]
        frames = sys._current_frames()
        for ident in self._seen.keys() - threads.keys():
            del self._seen[ident]
        chosen = [ident for ident in self._turn(list(threads)) if ident in frames]
        if not _LINUX:
            return self._shared(now, threads, {ident: frames[ident] for ident in chosen})
        return [
            burned
            for ident in chosen
            if (burned := self._burned(now, threads[ident], frames[ident])) is not None
        ]

    def _turn(self, idents: list[int]) -> list[int]:
        if len(idents) <= self._most:
            return idents
        start = self._next % len(idents)
        self._next = start + self._most
        return (idents + idents)[start : start + self._most]

    def _burned(self, now: float, thread: threading.Thread, frame: FrameType) -> Burned | None:
        native, ident = thread.native_id, thread.ident
        if native is None or ident is None or is_ours(thread.name):
            return None
        cpu = cpu_of(native)
        if cpu is None:
            return None
        before = self._seen.get(ident)
        self._seen[ident] = (native, cpu, now)
        # The same identifier may be another thread by now.
        if before is None or before[0] != native:
            return None
        return Burned(ident, thread.name, frame, max(cpu - before[1], 0.0), now - before[2])

    def _shared(
        self, now: float, threads: dict[int, threading.Thread], frames: dict[int, FrameType]
    ) -> list[Burned]:
        """Share the time of the process out among those that do not wait."""
        process = time.process_time()
        spent, self._process = process - self._process, process
        busy = [*_not_waiting(threads, frames)]
        for ident in frames:
            self._seen.setdefault(ident, (0, 0.0, now))
        burned = []
        for ident in busy:
            elapsed = now - self._seen[ident][2]
            self._seen[ident] = (0, 0.0, now)
            burned.append(
                Burned(ident, threads[ident].name, frames[ident], spent / len(busy), elapsed)
            )
        return burned


def _not_waiting(
    threads: dict[int, threading.Thread], frames: dict[int, FrameType]
) -> Iterator[int]:
    for ident, frame in frames.items():
        waits = PurePath(frame.f_code.co_filename).stem in _WAITING
        if not waits and not is_ours(threads[ident].name):
            yield ident
