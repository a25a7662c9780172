"""The one thread that looks at a service from beside its event loops.

A loop that is blocked cannot say so: whatever would say it waits for the loop. So somebody else
has to look, fifty times a second, and cheaply, as every look takes the interpreter from those that
it looks at.

It bounds itself. What it takes of the CPU, waking up included, is paid back by rest: on average it
uses at most `SHARE` of one core, however large the service and however slow the machine. Where a
look is dear it looks less often. And no job can end it: one that raises is logged, once, and is not
called again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from snowshed.observe._background import Background, Rest

__all__ = ["Job", "Watch", "WatchStatistics"]

PERIOD = 0.020
# A tenth below a hundredth, for what is spent ahead and on what lies between two looks.
SHARE = 0.009
# What may be spent ahead: a profile that is handed over, a list of tasks that is copied.
AHEAD = 0.005
# A large bill is paid in instalments: a loop that is blocked should not go unseen for long.
LONGEST_REST = 1.0
# Unless it grows all the same, as each look is dear: seconds of CPU, and of rest after one look.
OWED_AT_MOST = 1.0
LONGEST_OF_ALL = 60.0

Job: TypeAlias = Callable[[float], object]
logger = logging.getLogger("snowshed.observe")


@dataclass(frozen=True, slots=True)
class WatchStatistics:
    """What the thread has done.

    Attributes:
        looks: how often it woke up.
        cpu: seconds of CPU that it took, waking up included.
        failed: jobs that raised and are not called any more.
    """

    looks: int
    cpu: float
    failed: tuple[str, ...]


class Watch:
    """Calls each job with the time, every ``period`` seconds, in a daemon thread.

    Survives a fork, see `snowshed.observe._background`.

    Args:
        jobs: called in this order. Each should take well below a millisecond.
        period: seconds between two looks; more while it takes more than `SHARE` of a core.
        clock: seconds; what jobs are called with.
        cpu: seconds of CPU that the thread has used.
        in_child: called in the child of a fork before the thread starts there.
    """

    def __init__(
        self,
        jobs: Iterable[Job] = (),
        *,
        period: float = PERIOD,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
        in_child: Callable[[], object] = lambda: None,
    ) -> None:
        self._jobs = [*jobs]
        self._period = period
        self._clock = clock
        self._cpu = cpu
        self._looks = 0
        self._spent = self._used = 0.0
        self._owed = 0.0
        self._failed: list[str] = []
        self._thread = Background("snowshed-watch", self.run, in_child)

    def __repr__(self) -> str:
        state = "runs" if self._thread.running else "stopped"
        return f"<Watch {state} jobs={len(self._jobs)} looks={self._looks}>"

    @property
    def running(self) -> bool:
        """Tell whether it was started and not stopped."""
        return self._thread.running

    def start(self) -> None:
        """Start the thread, unless it runs."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; wait a quarter of a second at most."""
        self._thread.stop()

    def add(self, job: Job) -> None:
        """Call ``job`` at each look from now on."""
        self._jobs.append(job)

    def run(self, rest: Rest) -> None:
        """Look until ``rest`` says that it is over; the body of the thread."""
        pause = self._period
        self._used = self._cpu()
        while not rest(pause):
            pause = self.look()

    def look(self) -> float:
        """Call each job once, and return the seconds to rest."""
        for job in tuple(self._jobs):
            try:
                job(self._clock())
            except BaseException as error:  # noqa: BLE001 - nobody else would get it
                self._switch_off(job, error)
        # With what it took to wake up, which is as much as an ordinary look.
        now = self._cpu()
        spent, self._used = max(now - self._used, 0.0), now
        self._looks += 1
        self._spent += spent
        # Owed is what was spent beyond the share of the time that has passed.
        self._owed = max(self._owed - self._period * SHARE, 0.0) + spent
        excess = max(self._owed - AHEAD, 0.0)
        beyond = min((excess - OWED_AT_MOST) / SHARE, LONGEST_OF_ALL)
        extra = max(min(excess / SHARE, LONGEST_REST), beyond)
        self._owed -= extra * SHARE
        return self._period + extra

    def _switch_off(self, job: Job, error: BaseException) -> None:
        self._jobs.remove(job)
        name = getattr(job, "__qualname__", type(job).__qualname__)
        self._failed.append(name)
        logger.error("%s failed; the service goes on without it", name, exc_info=error)

    def statistics(self) -> WatchStatistics:
        """Return the totals so far; from any thread."""
        return WatchStatistics(self._looks, self._spent, tuple(self._failed))
