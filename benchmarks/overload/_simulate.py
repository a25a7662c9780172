"""A row under a virtual clock: the same arrivals and the same controllers, without a machine.

What a flood does to a service is queueing, and queueing can be computed. Here nothing runs but the
controllers themselves: an arrival is handled when the modelled core is free, its calls take their
places at the downstream, and it ends when the last of them does. A row takes a second, is the same
each time, and no neighbour disturbs it; so this is where constants are tried out. What it leaves
out (the event loop, sockets, Python itself) is what the rows on real sockets are for.
"""

from __future__ import annotations

import heapq
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from benchmarks.overload._downstream import BrownOut, Downstream
from benchmarks.overload._measures import Outcome, Row, measures
from benchmarks.overload._scenarios import CPU, OBJECTIVE, PATIENCE, Case, Kind
from snowshed.core import _clock
from snowshed.core._budget import TaskBudget
from snowshed.errors import Overloaded
from snowshed.shed import (
    AdaptiveLimiter,
    FixedLimit,
    Gradient2Limit,
    Limit,
    VegasLimit,
    WindowedLimit,
)
from snowshed.shed._admission import Admission, Admitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from snowshed.shed import Grant

__all__ = ["SIMULATED", "simulate"]

# Seconds of the core, measured on the machine of the research that this follows.
HTTP = 110e-6
TASK = 30e-6


class Leave(NamedTuple):
    """The leave to handle a request.

    Attributes:
        calls: that it will make.
        give_back: to be called with its number of calls when it has ended.
    """

    calls: int
    give_back: Callable[[int], object]


class Controller(Protocol):
    """Decides about one request."""

    def __call__(self, kind: Kind, waited: float) -> Leave | None:
        """Return the leave to handle it; None: it is refused."""
        ...


def _none() -> Controller:
    return lambda kind, _waited: Leave(kind.tasks, lambda _calls: None)


def _limited(make: Callable[[], Limit]) -> Controller:
    """A rival: its units are requests."""
    limiter = AdaptiveLimiter("rival", limit=make(), objective=OBJECTIVE)

    def decide(kind: Kind, waited: float) -> Leave | None:
        del waited
        try:
            grant: Grant = limiter.admit()
        except Overloaded:
            return None
        return Leave(kind.tasks, lambda _calls: grant.finish())

    return decide


class _Tasks:
    """What `Admission` asks of a request that has ended."""

    def __init__(self, calls: int) -> None:
        self.counted = TaskBudget("simulated", None)
        self.counted._note_peak(calls)


def _ours(*, light: bool) -> Controller:
    admission = Admission(AdaptiveLimiter("ours", objective=OBJECTIVE))

    def decide(kind: Kind, waited: float) -> Leave | None:
        left = None if kind.timeout is None else max(kind.timeout - waited, 1e-6)
        try:
            admitted = admission.offer("GET", kind.path, left, waited=waited)
        except Overloaded:
            return None
        calls = kind.light if light and admitted.level == "light" else kind.tasks
        return Leave(calls, lambda number: _finish(admitted, number))

    return decide


def _finish(admitted: Admitted, calls: int) -> None:
    admitted.finish(_Tasks(calls), failed=False)


SIMULATED: dict[str, Callable[[], Controller]] = {
    "none": _none,
    "uvicorn16": lambda: _limited(lambda: FixedLimit(16)),
    "uvicorn100": lambda: _limited(lambda: FixedLimit(100)),
    "gradient2": lambda: _limited(lambda: WindowedLimit(Gradient2Limit())),
    "vegas": lambda: _limited(lambda: VegasLimit(random=random.Random(1).random)),
    "snowshed": lambda: _ours(light=False),
    "snowshed-light": lambda: _ours(light=True),
}


def simulate(case: Case, controller: str, *, seed: int = 1) -> Row:
    """Return the row of a case; one of several services in a row counts as one.

    Args:
        case: what is sent.
        controller: a name in `SIMULATED`.
        seed: of the downstream's times; the arrivals are those of the case.

    Raises:
        KeyError: there is no such controller.
    """
    with _Run(case, seed).clock() as run:
        outcomes = run.outcomes(SIMULATED[controller]())
    return measures(case, outcomes) | {"controller": controller, "peak_tasks": run.peak}


class _Run:
    def __init__(self, case: Case, seed: int) -> None:
        self._case = case
        self._now = 0.0
        self._core = 0.0
        self._tasks = self.peak = 0
        self._downstream = Downstream(seed=seed)
        times = case.times
        self._downstream.brown_out = BrownOut(times.calm, times.until, case.scenario.slower)
        # When requests end: so many calls of whom.
        self._ends: list[tuple[float, int, int, Leave]] = []

    @contextmanager
    def clock(self) -> Iterator[_Run]:
        """Make this run's time that of snowshed."""
        with _clock.reading(lambda: self._now):
            yield self

    def outcomes(self, controller: Controller) -> list[Outcome]:
        """Return what becomes of each request."""
        return [
            self._outcome(controller, number, arrival.at, arrival.kind)
            for number, arrival in enumerate(self._case.arrivals())
        ]

    def _outcome(self, controller: Controller, number: int, at: float, kind: int) -> Outcome:
        looked_at = max(self._core, at) + HTTP
        self._pass_until(looked_at)
        self._core = looked_at
        leave = controller(self._case.kinds[kind], looked_at - at)
        if leave is None:
            return Outcome(at, kind, 503, looked_at - at, 0.0)
        self._core += CPU + leave.calls * TASK
        end = max(self._downstream.reserve(self._core) for _ in range(leave.calls))
        heapq.heappush(self._ends, (end, number, leave.calls, leave))
        self._tasks += leave.calls
        self.peak = max(self.peak, self._tasks)
        latency = end - at
        return Outcome(at, kind, 200 if latency <= PATIENCE else 0, latency, 0.0)

    def _pass_until(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            self._now, _, calls, leave = heapq.heappop(self._ends)
            self._tasks -= calls
            leave.give_back(calls)
        self._now = now
