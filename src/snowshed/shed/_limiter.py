"""Admission: what is in flight stays below a limit that is learned; the rest is refused at once.

**The problem.** When more requests come than can be answered, a service that begins them all
answers none: each waits behind all others until its caller has given up. It has to refuse the
excess, at once, and before anything is done for it. How much is too much nobody can configure: it
changes with the mix of requests and with the state of everything behind the service.

**The unit is a task.** One request reads a row and another asks forty services. A limit on requests
that is right for the first is forty times too large for the second, so a request is charged the
tasks that it will have (declared, or learned; see `_cost`).

**Overdraw by one.** A request is admitted if less than the limit is in use, not if it fits into
what is left. The rule "if it fits" answers the most requests, all of them small: while the service
is busy there is never room for a large one, and one that costs more than the limit never gets in.

**No queue.** Those who would wait are told at once. A queue before a limit that is right was
measured to add nothing but the waiting.

What it is not: a rate limit. It does not know clients, and it does not count per second.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from snowshed.core import _clock
from snowshed.errors import Overloaded
from snowshed.shed._criticality import ClassGate, Criticality
from snowshed.shed._feasibility import MOST_TASKS, TaskTimes
from snowshed.shed._grant import Grant
from snowshed.shed._limits import DeadlineLimit, Limit, OpenRequest, Sample, Tick
from snowshed.shed._limits._last_good import LastGoodLimit
from snowshed.shed._pressure import PressureGate
from snowshed.shed._retry_after import come_back

if TYPE_CHECKING:
    from snowshed.core._hooks import Level

__all__ = ["AdaptiveLimiter", "LimiterStatistics"]

Reason = Literal["limit", "class", "infeasible"]

TICK = 0.1  # seconds between two looks of the limit
PROBE_SHARE = 0.1  # of the limit: with less in use everybody is admitted, to learn from
STUCK_AFTER = 1.0  # seconds at least after which the next is let in though nothing has finished
LONGEST_PATIENCE = 32  # times that, if those let in so do not finish either
MOST_WAITED = 0.5  # share of its deadline that a request may have waited for the event loop
OLDEST = 256  # requests in flight that the limit is told of
REASONS: tuple[Reason, ...] = ("limit", "class", "infeasible")


@dataclass(frozen=True, slots=True)
class LimiterStatistics:
    """What a limiter looked like at one moment.

    Attributes:
        name: of the limiter.
        limit: units (tasks) that may be in flight at once.
        inflight: units in flight.
        pressure: the second over the first; above 1 by the last request that was let in.
        level: ``light`` while answers should be cheaper.
        open: requests in flight.
        offered: requests that have come: scale on these.
        admitted: requests that were let in.
        light: requests of those that were let in with a light answer.
        rejected: requests that were refused, by reason.
    """

    name: str
    limit: float
    inflight: float
    pressure: float
    level: Level
    open: int
    offered: int
    admitted: int
    light: int
    rejected: Mapping[str, int]


class AdaptiveLimiter:
    """Admits requests while less than its limit is in flight; learns the limit from what finishes.

    Belongs to one event loop. Costs 5 to 8 us for a request, and ten times a second what the limit
    needs for a decision. Nothing runs while nothing comes.

    Requests that hang for longer than a second and the objective hold what they were charged, but
    do not keep everybody out: one more than the limit allows is let in then, to see whether it
    finishes. If it does not, another one after 2 seconds, 4 and so on up to 32.

    Args:
        name: for errors and metrics.
        limit: the rule that learns; None: a `DeadlineLimit`. One that raises, or says what is no
            limit, is logged once and told no more; what it said last holds from then on.
        objective: seconds within which a request without a deadline of its own should be answered.
        clock: monotonic seconds.
        rng: source of the jitter in ``retry_after``.

    Raises:
        ValueError: an objective that is not positive, a limit that is no number of 1 or more.
    """

    def __init__(
        self,
        name: str,
        *,
        limit: Limit | None = None,
        objective: float = 1.0,
        clock: Callable[[], float] = _clock.now,
        rng: random.Random | None = None,
    ) -> None:
        if not 0 < objective < math.inf:
            msg = f"limiter {name!r}: objective must be a positive number, not {objective!r}"
            raise ValueError(msg)
        self.name = name
        self.objective = objective
        self._limit = DeadlineLimit() if limit is None else limit
        self._said = LastGoodLimit(f"limiter {name!r}", self._limit)
        self._clock = clock
        self._random = rng or random.Random()  # noqa: S311 - jitter
        self._times = TaskTimes()
        self._classes = ClassGate()
        self._pressure = PressureGate()
        self._open: dict[Grant, None] = {}
        # Those whose answer has begun, the one that began first in front.
        self._begun_at: dict[Grant, float] = {}
        # Seconds after which an answer that goes on is a stream, and a request that does not hangs.
        self._patience = max(STUCK_AFTER, objective)
        self._extra: set[Grant] = set()
        self._used = 0.0
        self._peak = 0.0
        self._ticked = clock()
        self._offered = self._admitted = self._light = 0
        self._rejected: dict[str, int] = dict.fromkeys(REASONS, 0)

    def __repr__(self) -> str:
        return (
            f"<AdaptiveLimiter {self.name!r} {self._used:.0f} of {self._said.limit:.0f} "
            f"units in {len(self._open)} requests>"
        )

    def admit(
        self,
        cost: float = 1.0,
        *,
        light: float | None = None,
        time_left: float | None = None,
        timeout: float | None = None,
        waited: float = 0.0,
        criticality: Criticality = Criticality.CRITICAL,
    ) -> Grant:
        """Let a request in, or refuse it; never waits.

        Args:
            cost: tasks that it will have at once.
            light: tasks of a light answer; None: it has none.
            time_left: seconds until the deadline that its caller has set; None: none was.
            timeout: seconds after which the service ends it; None: any time.
            waited: seconds that it has waited in this process already.
            criticality: the lower ones are refused first.

        Raises:
            Overloaded: as much is in flight as may be, or it could not be answered in time.
        """
        now = self._clock()
        if not 0 <= now - self._ticked < TICK:
            self._tick(now)
        self._offered += 1
        pressure = self._used / self._said.limit
        level = self._pressure.update(pressure)
        # With little in flight everybody is let in, to learn from.
        busy = pressure >= PROBE_SHARE
        extra = False
        if busy and not self._classes.allows(criticality, pressure):
            extra = self._refuse_unless_stuck(now, _reason_of(criticality))
        units = _units(cost if light is None or level == "normal" else light)
        # A timeout is when the service gives up, which is no aim.
        ends = math.inf if timeout is None else timeout
        deadline = min(self.objective if time_left is None else time_left, ends) + waited
        left = ends if time_left is None else min(time_left, ends)
        feasible = self._times.median(units) <= left
        if not feasible and light is not None and self._times.median(light) <= left:
            units, level, feasible = _units(light), "light", True
        if busy and not (feasible and waited <= MOST_WAITED * deadline):
            extra = self._refuse_unless_stuck(now, "infeasible")
        grant = self._grant(now, units, level, deadline=deadline, waited=waited, counts=feasible)
        if extra:
            self._extra.add(grant)
        return grant

    def _refuse_unless_stuck(self, now: float, reason: Reason) -> bool:
        """Raise the refusal; or return True if even the last of those in flight hangs.

        Requests that hang, or that stream for hours, may hold all of the limit. Nothing finishes
        then, so nothing is learned and the limit stays as it is. Hence one more is let in after a
        second. If it finishes, the next follows at once; if it hangs too, after twice the time.
        """
        newest = next(reversed(self._open))
        patience = self._patience * min(2 ** len(self._extra), LONGEST_PATIENCE)
        if not 0 <= now - newest._at <= patience:
            return True
        self._rejected[reason] += 1
        what = (
            f"limiter {self.name!r} has {self._used:.0f} of {self._said.limit:.0f} units in flight"
        )
        raise Overloaded(what, reason, come_back(self._random))

    def let_in(self, cost: float = 1.0, *, time_left: float | None = None) -> Grant:
        """Let in a request that `admit` has refused: for a dry run, which refuses nobody.

        Args:
            cost: tasks that it will have at once.
            time_left: seconds until its deadline; None: it has none.
        """
        deadline = self.objective if time_left is None else time_left
        return self._grant(
            self._clock(), _units(cost), "normal", deadline=deadline, waited=0.0, counts=True
        )

    def _grant(
        self,
        now: float,
        units: float,
        level: Level,
        *,
        deadline: float,
        waited: float,
        counts: bool,
    ) -> Grant:
        self._used += units
        self._peak = max(self._peak, self._used)
        self._admitted += 1
        self._light += level == "light"
        grant = Grant(
            self,
            units,
            level,
            at=now,
            waited=waited,
            deadline=deadline,
            inflight=self._used,
            counts=counts,
        )
        self._open[grant] = None
        return grant

    def _begun(self, grant: Grant) -> None:
        self._learn(grant, dropped=False)
        self._begun_at[grant] = self._clock()

    def _finished(self, grant: Grant, *, dropped: bool) -> None:
        self._give_back(grant)
        if grant._counts:
            self._learn(grant, dropped=dropped)

    def _cancelled(self, grant: Grant) -> None:
        self._give_back(grant)
        if not grant._counts:
            return
        # One that was late before its caller left says as much as any other.
        if self._clock() - grant._admitted > grant._deadline:
            self._learn(grant, dropped=True)
        else:
            self._said.on_leave(self._sample(grant, dropped=True))

    def _learn(self, grant: Grant, *, dropped: bool) -> None:
        now = self._clock()
        if not 0 <= now - self._ticked < TICK:
            self._tick(now)
        self._times.note(now, now - grant._admitted, grant.units)
        self._said.on_sample(self._sample(grant, dropped=dropped))

    def _sample(self, grant: Grant, *, dropped: bool) -> Sample:
        now = self._clock()
        latency = now - grant._admitted
        return Sample(now, latency, grant._deadline, grant._load, grant.units, dropped)

    def _give_back(self, grant: Grant) -> None:
        del self._open[grant]
        self._begun_at.pop(grant, None)
        self._extra.discard(grant)
        # Sums of learned costs are not whole numbers: an error must not add up over the years.
        self._used = self._used - grant.units if self._open else 0.0

    def _let_streams_go(self, now: float) -> None:
        """Give back what answers are charged that have begun long ago."""
        while self._begun_at:
            grant, since = next(iter(self._begun_at.items()))
            if 0 <= now - since <= self._patience:
                return
            grant.finish()

    def _tick(self, now: float) -> None:
        self._let_streams_go(now)
        oldest = [
            OpenRequest(each._admitted, each._deadline, each._load)
            for each in islice(filter(_unanswered, self._open), OLDEST)
        ]
        self._said.on_tick(Tick(now, self._used, self._peak, oldest))
        self._times.refresh(now)
        self._ticked = now
        self._peak = self._used

    @property
    def pressure(self) -> float:
        """Units in flight over the limit."""
        return self._used / self._said.limit

    @property
    def level(self) -> Level:
        """``light`` while answers should be cheaper, else ``normal``."""
        return self._pressure.update(self.pressure)

    @property
    def limit(self) -> Limit:
        """The rule that learns."""
        return self._limit

    def statistics(self) -> LimiterStatistics:
        """Return the state at this moment."""
        return LimiterStatistics(
            name=self.name,
            limit=self._said.limit,
            inflight=self._used,
            pressure=self.pressure,
            level=self.level,
            open=len(self._open),
            offered=self._offered,
            admitted=self._admitted,
            light=self._light,
            rejected=dict(self._rejected),
        )


def _unanswered(grant: Grant) -> bool:
    return grant._counts


def _reason_of(criticality: Criticality) -> Reason:
    return "limit" if criticality >= Criticality.CRITICAL else "class"


def _units(cost: float) -> float:
    """Return what is charged for ``cost``; 1 if that is no number of tasks."""
    return min(cost, MOST_TASKS) if 1 <= cost < math.inf else 1.0
