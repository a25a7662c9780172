"""A CPU profile: which code has used the processor, for a few seconds, on request.

A hundred times in a second each thread's CPU clock is read, and what it has used since the last
look goes to the stack that it has now. So the sum over the profile is the CPU time of the threads
but for what each used before it was first seen and after it was last seen, and only its place is an
estimate. A thread that waits shows nothing.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from snowshed.observe._sampler._aggregate import Key, Table
from snowshed.observe._sampler._export import Span, cpu_profile
from snowshed.observe._sampler._running import stack_of
from snowshed.observe._sampler._thread_clocks import Burned, ThreadClocks

if TYPE_CHECKING:
    from snowshed.model import Profile

__all__ = ["AlreadyProfiling", "CpuProfiler"]

HERTZ = 100.0
LONGEST = 600.0
THREADS_AT_MOST = 200
# Less than that is the price of having been looked at.
NOTHING = 1e-6
_NUMBERS = re.compile(r"[-_ ]?\d+")

# Tells what runs in a thread: the task's function and the request; empty where none does.
Label = Callable[[int], tuple[str, str]]


class AlreadyProfiling(RuntimeError):  # noqa: N818 - Go's wording
    """Somebody else takes a CPU profile of this process just now; ask again when that is done."""


def _no_label(_ident: int) -> tuple[str, str]:
    return "", ""


class CpuProfiler:
    """Takes one CPU profile at a time.

    Args:
        label: tells the task and the request of a thread that runs a loop.
        hertz: looks in a second.
        clock: monotonic seconds.
        wall: seconds since 1970.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        label: Label = _no_label,
        *,
        hertz: float = HERTZ,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._label = label
        self._period = 1 / hertz
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._one_at_a_time = threading.Lock()

    def after_fork(self) -> None:
        """Forget, in the child, a profile that a thread of the parent takes."""
        self._one_at_a_time = threading.Lock()

    def run(self, seconds: float) -> Profile:
        """Look for so many seconds, in the calling thread, and return what was seen.

        The calling thread must not be that of a loop. Cost: about 1 us for each thread and 0.5 us
        for each frame of one that runs, a hundred times in a second.

        Raises:
            AlreadyProfiling: it is in use.
            ValueError: not above 0 and at most 600 seconds.
        """
        if not 0 < seconds <= LONGEST:
            msg = f"seconds must be above 0 and at most {LONGEST:g}, not {seconds!r}"
            raise ValueError(msg)
        if not self._one_at_a_time.acquire(blocking=False):
            msg = "a CPU profile of this process is being taken already; ask again later"
            raise AlreadyProfiling(msg)
        try:
            return self._run(seconds)
        finally:
            self._one_at_a_time.release()

    def _run(self, seconds: float) -> Profile:
        clocks, table, began = ThreadClocks(THREADS_AT_MOST), Table(), self._wall()
        own = threading.get_ident()
        now = self._clock()
        until = now + seconds
        clocks.look(now)
        while now < until:
            self._sleep(min(self._period, until - now))
            now = self._clock()
            self._add(clocks.look(now), own, table)
        return cpu_profile(table.rows(), Span(began, self._wall(), self._period))

    # A function of its own: the variable of a loop would hold a frame, and all that its function
    # had, while this thread sleeps.
    def _add(self, seen: Iterable[Burned], own: int, table: Table) -> None:
        for burned in seen:
            if burned.cpu > NOTHING and burned.ident != own:
                task, request = self._label(burned.ident)
                name = _NUMBERS.sub("", burned.name)
                key = Key(stack_of(burned.frame), task, None, name, request, "thread")
                table.add(key, 1, burned.cpu)
