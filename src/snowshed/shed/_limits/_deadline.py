"""The limit that needs no number: requests bring their deadline, and that is the set-point.

**The problem.** A fixed limit is right for one downstream, one mix and one day. The adaptive limits
of the field compare latency with the best that they have seen, and have to guess how much worse is
still good. But every request knows how long it may take. So in flight may be as many units as still
let 95 % of the requests end within three quarters of their own deadline.

**Five traps**, each of which costs most of the goodput when something behind the service slows down
(a brown-out) or more comes than it can do, and what is done about them:

*Dead time.* What finishes now was admitted a latency ago, under another limit. A controller that
cuts again before it has seen what its last cut has done cuts far too deep. Only requests that were
admitted since the last change count, whether they have finished, or are in flight and overdue.

*The first flood.* Nobody knows the right limit before the first flood, and one that began too high
would need a latency for each cut on its way down. So a cut goes at least to what Little's law
gives: what is done in a second, times the seconds that a request may take.

*A target that cannot be reached.* If even an idle service would be late, cutting does not make it
faster, it only makes it idle. So there is a floor: the load that has been *proven* to cost nothing,
that is, which the service has had in flight at no more latency than half of it. The number of units
that a service can work on at once (connections, threads, replicas behind it) does not change when
each of them gets slower, so a floor that was learned in calm holds in the storm. That makes the
first seconds of a brown-out: one step, from wherever the limit is, down to the floor.

*A floor that is no longer true.* While the floor holds the limit up, the limit alternates a little
around it, and the slope of latency over load (see `_elasticity`) tells on which side of the knee it
stands: where latency grows with the load the floor sinks, where it does not, it rises.

*Callers that leave* before the objective have a deadline of which they have said nothing, and they
take what they were charged along, so that the limit is never reached. When more than one in twenty
leaves, and not at once, the time after which they do is the deadline of all for a minute.

**Guards.** It grows only while it is what limits (Envoy lacks this guard: in quiet hours its limit
climbs to the maximum, and the first second of a flood is admitted whole). It is cut only then, too:
a service that is slow by nature is not starved.

Sources: set-point, guards and knee come from measurements (see the overload benchmark); the floor
is what BBR (Cardwell et al., 2016) calls the bandwidth-delay product, learned without its two
estimates; one decision for each latency is TCP's one cut for each round trip (Jacobson, 1988).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from snowshed.shed._limits._elasticity import Point, alike, contrast, elasticity, mean
from snowshed.shed._limits._measure import check_bounds, check_fraction
from snowshed.shed._limits._patience import Patience

if TYPE_CHECKING:
    from snowshed.shed._limits._limit import Sample, Tick

__all__ = ["DeadlineLimit"]

SETPOINT = 0.75  # share of its deadline within which a request should end
PERCENTILE = 0.95  # share of requests that should
FEWEST = 10  # requests for a decision
MOST_FRESH = 2000
SHORTEST = 1e-6  # seconds; what a coarse clock calls 0 was in time
BUSY = 0.7  # share of the limit that must have been in use for the limit to matter
BUSY_TICKS = 6  # that the throughput is taken from
FEWEST_BUSY = 3
LARGEST_RISE = 1.1  # for each decision
LARGEST_CUT = 0.8
SUDDEN = 1.5  # strain from which on a cut may be deeper
SUDDEN_CUT = 0.5
SLOWED = math.log(2)  # growth of what a request takes without waiting that is a brown-out
USUAL_WEIGHT = 0.1
AT_EASE = 0.5  # strain below which the load of most requests can be called proven
FLAT = 0.3  # elasticity of latency below which a load has cost nothing
STEEP = 0.7  # and from which on it was paid for by waiting
DITHER = 0.1  # how far the limit alternates around the floor
BELOW_KNEE = 0.2  # elasticity at the floor below which it rises
ABOVE_KNEE = 0.8  # and above which it sinks
FLOOR_STEP = 0.05
LARGEST_FLOOR_STEP = 0.4  # when it was seen to be too low again and again
CUT_SEEN = math.log(1.3)  # how much the load must have fallen to tell what a cut has done
RECALL = 10.0  # seconds for which a finished request tells about calm
RECALLED = 800  # of them at most
CALM_IN_A_TICK = 8
NEAR_RECALL = 60.0  # seconds for which it tells about the slope at the floor
NEAR_RECALLED = 200
NEAR_IN_A_TICK = 8
LARGEST_LOAD = 1e12  # units; more of them are no load, but a mistake


class DeadlineLimit:
    """Steers what is in flight by how much of their own deadline requests use up.

    Units are tasks. Decides at most once for each latency of the service. Costs about 0.3 us for
    each sample and 0.1 to 0.3 ms for a decision; memory: some 600 numbers.

    Args:
        initial_limit: units before anything is known.
        min_limit: never below; 2, so that one slow request does not shut the door.
        max_limit: never above; a bound against runaway, not a tuning knob.
        setpoint: share of its deadline within which 95 % of the requests should end.

    Raises:
        ValueError: bounds that are no range, a set-point outside 0.1 to 1.
    """

    __slots__ = (
        "_before_cut",
        "_busy",
        "_calm",
        "_changed",
        "_done",
        "_finished",
        "_floor",
        "_fresh",
        "_held",
        "_limit",
        "_max",
        "_min",
        "_near",
        "_now",
        "_patience",
        "_peak",
        "_setpoint",
        "_side",
        "_step",
        "_strain",
        "_usual",
    )

    def __init__(
        self,
        *,
        initial_limit: float = 50.0,
        min_limit: float = 2.0,
        max_limit: float = 20_000.0,
        setpoint: float = SETPOINT,
    ) -> None:
        check_bounds("DeadlineLimit", initial=initial_limit, low=min_limit, high=max_limit)
        check_fraction("DeadlineLimit", "setpoint", setpoint, 0.1, 1.0)
        self._limit = float(initial_limit)
        self._min = min_limit
        self._max = max_limit
        self._setpoint = setpoint
        self._now = self._changed = -math.inf
        # Requests since the last decision, by the share of their deadline that they have used up.
        self._fresh: deque[tuple[float, Point]] = deque(maxlen=MOST_FRESH)
        self._peak = 0.0
        self._strain = 0.0
        # By kind: the logarithm of the seconds that a request takes without waiting.
        self._usual: dict[int, float] = {}
        self._patience = Patience()
        self._floor = 0.0
        # Whether the floor holds the limit, and on which side of it the limit stands.
        self._held = False
        self._side = 1
        self._step = FLOOR_STEP
        # Kind, mean load and mean latency of the requests that the last cut was made for.
        self._before_cut: tuple[int, float, float] | None = None
        # Units that were done in each of the last ticks in which the limit was what limits.
        self._done = 0.0
        self._busy: deque[tuple[float, float]] = deque(maxlen=BUSY_TICKS)
        # Requests since the last tick.
        self._finished: deque[Point] = deque(maxlen=MOST_FRESH)
        self._calm: deque[Point] = deque(maxlen=RECALLED)
        self._near: deque[Point] = deque(maxlen=NEAR_RECALLED)

    @property
    def limit(self) -> float:
        """Units that may be in flight at once."""
        return self._limit

    @property
    def floor(self) -> float:
        """Units that have been proven to be in flight at no cost in latency; 0: none yet."""
        return self._floor

    @property
    def strain(self) -> float:
        """95th percentile of the share of the deadline used, over the set-point; 1 is on target."""
        return self._strain

    def __repr__(self) -> str:
        return (
            f"<DeadlineLimit {self._limit:.1f} floor={self._floor:.1f} strain={self._strain:.2f}>"
        )

    def on_sample(self, sample: Sample) -> None:
        """Learn from a request that has finished; one that makes no sense is ignored."""
        now, latency, deadline, inflight, units, _ = sample
        if latency == 0:
            latency = SHORTEST
        if not _makes_sense(latency, deadline, inflight):
            return
        point = Point(now, math.log(inflight), math.log(latency), _kind_of(units))
        if now - latency >= self._changed:
            self._fresh.append((latency / min(deadline, self._patience.seconds), point))
        self._finished.append(point)
        self._done += units

    def on_leave(self, sample: Sample) -> None:
        """Learn from a request whose caller has left, before the deadline that is known of it."""
        now, age, deadline, inflight, units, _ = sample
        usual = self._usual.get(_kind_of(units))
        if usual is None or not _makes_sense(age, deadline, inflight):
            return
        if now - age >= self._changed:
            point = Point(now, math.log(inflight), math.log(age), _kind_of(units))
            self._patience.note(point, usual=usual)

    def on_tick(self, tick: Tick) -> None:
        """Decide, if enough is known since the last change."""
        if not tick.now >= self._now:
            self._forget_time()
        self._now = tick.now
        self._peak = max(self._peak, tick.peak)
        # A few of each period: where thousands finish, the last hundreds are all of one moment.
        self._calm.extend(_few_of(self._finished, CALM_IN_A_TICK))
        self._near.extend(_few_of(self._finished, NEAR_IN_A_TICK))
        self._finished.clear()
        self._note_throughput(tick)
        left = ((1.0, point) for point in self._patience.left)
        fresh = [*self._fresh, *self._overdue(tick), *left]
        if len(fresh) < FEWEST:
            return
        shares = sorted(share for share, _ in fresh)
        strain = shares[int(len(shares) * PERCENTILE)] / self._setpoint
        self._patience.decide(len(fresh), tick.now)
        known = alike([point for _, point in self._fresh] or [point for _, point in fresh])
        slowness = self._slowness(known)
        kind = known[0].kind
        before = self._limit
        busy = self._peak >= BUSY * self._limit
        slowed = slowness - self._usual.get(kind, slowness)
        self._decide(strain, slowed, busy=busy, sustainable=self._sustainable(fresh))
        if strain <= 1:
            self._usual[kind] = self._usual.get(kind, slowness) + USUAL_WEIGHT * slowed
        self._limit = min(max(self._limit, self._min), self._max)
        if self._limit != before:
            self._changed = tick.now
        self._strain = strain
        self._fresh.clear()
        self._peak = tick.used

    def _note_throughput(self, tick: Tick) -> None:
        """Remember what is done in a second while the limit keeps the service busy."""
        done, self._done = self._done, 0.0
        if tick.peak < BUSY * self._limit:
            self._busy.clear()
            return
        self._busy.append((tick.now, done))

    def _sustainable(self, fresh: Collection[tuple[float, Point]]) -> float:
        """Return the units in flight at which a request would wait just as long as it may.

        Little's law, with what was done lately; infinite while too little is known.
        """
        if len(self._busy) < FEWEST_BUSY:
            return math.inf
        (began, _), *rest = self._busy
        done = sum(units for _, units in rest)
        seconds = rest[-1][0] - began
        if done < FEWEST or not seconds > 0:
            return math.inf
        deadline = sum(math.exp(point.latency) / share for share, point in fresh) / len(fresh)
        return done / seconds * self._setpoint * deadline

    def _overdue(self, tick: Tick) -> Iterator[tuple[float, Point]]:
        """Yield those in flight that have used up too much of their time already."""
        for admitted, deadline, inflight in tick.oldest:
            age = tick.now - admitted
            late = age > self._setpoint * deadline and _makes_sense(age, deadline, inflight)
            if late and admitted >= self._changed:
                yield age / deadline, Point(tick.now, math.log(inflight), math.log(age))

    def _slowness(self, points: Collection[Point]) -> float:
        """Return the logarithm of the seconds that a request would take without waiting."""
        free = math.log(self._floor) if self._floor else math.inf
        return sum(each.latency - max(each.load - free, 0.0) for each in points) / len(points)

    def _decide(self, strain: float, slowed: float, *, busy: bool, sustainable: float) -> None:
        if strain <= 1:
            self._held = False
            self._before_cut = None
            self._learn_floor(strain)
            if busy:
                self._limit *= min(LARGEST_RISE, 1 / strain)
            return
        if self._patience.seconds < math.inf:
            # Who leaves takes what it was charged along, so that the limit is never reached.
            self._limit = min(self._limit, self._peak)
            busy = True
        if busy:
            if self._strain <= 1:
                # What was learned before is about another regime.
                self._near.clear()
            if self._limit > self._floor * (1 + DITHER) * 1.001:
                self._cut(strain, slowed, sustainable)
            else:
                self._hold()

    def _learn_floor(self, strain: float) -> None:
        calm = _of_last(self._calm, RECALL, self._now)
        seen = contrast(calm)
        if seen is None:
            if strain < AT_EASE and self._fresh:
                # Not of what is remembered: that may be a flood that is just over.
                loads = sorted(point.load for _, point in self._fresh)
                self._raise_floor(math.exp(loads[len(loads) // 2]))
        elif seen.elasticity < FLAT:
            self._raise_floor(seen.high)
        elif seen.elasticity > STEEP:
            self._floor = min(self._floor, seen.high)

    def _raise_floor(self, proven: float) -> None:
        self._floor = min(max(self._floor, proven), self._max)

    def _cut(self, strain: float, slowed: float, sustainable: float) -> None:
        if self._is_in_vain() or self._is_brownout(slowed):
            self._limit = self._floor
        else:
            deepest = SUDDEN_CUT if strain > SUDDEN else LARGEST_CUT
            cut = self._limit * max(deepest, 1 / strain)
            self._limit = max(min(cut, sustainable), self._floor)

    def _is_brownout(self, slowed: float) -> bool:
        """Tell whether requests take much longer than usual, apart from their waiting."""
        return bool(self._floor) and slowed > SLOWED

    def _is_in_vain(self) -> bool:
        """Tell whether requests are late, but not because of each other; the floor rises then."""
        seen = contrast(_of_last(self._near, NEAR_RECALL, self._now))
        if seen is not None and seen.elasticity < FLAT:
            self._raise_floor(seen.high)
            return True
        before, self._before_cut = self._before_cut, None
        if len(self._fresh) < FEWEST // 2:
            return False
        fresh = alike([point for _, point in self._fresh])
        after = fresh[0].kind, *mean(fresh)
        self._before_cut = after
        if before is None or before[0] != after[0] or before[1] - after[1] < CUT_SEEN:
            return False
        if (before[2] - after[2]) / (before[1] - after[1]) > FLAT:
            return False
        self._raise_floor(math.exp(before[1]))
        return True

    def _hold(self) -> None:
        """Stay at the floor, and find out whether that is where the knee still is."""
        if not self._held:
            self._held = True
            self._step = FLOOR_STEP
            self._near.clear()
        slope = elasticity(_of_last(self._near, NEAR_RECALL, self._now), self._limit)
        if slope is not None:
            self._move_floor(slope)
        self._side = -self._side
        self._limit = self._floor * (1 + DITHER * self._side)

    def _move_floor(self, slope: float) -> None:
        if slope > ABOVE_KNEE:
            self._floor *= 1 - FLOOR_STEP
        elif slope < BELOW_KNEE:
            self._floor *= 1 + self._step
        self._step = min(2 * self._step, LARGEST_FLOOR_STEP) if slope < BELOW_KNEE else FLOOR_STEP
        self._floor = min(max(self._floor, self._min), self._max)
        # The next verdict has to come from requests that this one has not heard.
        self._near.clear()

    def _forget_time(self) -> None:
        """The clock was set back: what is remembered by its time is worth nothing."""
        self._changed = -math.inf
        self._busy.clear()
        self._calm.clear()
        self._near.clear()


def _makes_sense(latency: float, deadline: float, inflight: float) -> bool:
    return 0 < latency < math.inf and 0 < deadline < math.inf and 1 <= inflight <= LARGEST_LOAD


def _kind_of(units: float) -> int:
    return math.frexp(units)[1] if 1 <= units < math.inf else 1


def _few_of(points: Collection[Point], most: int) -> Iterator[Point]:
    return islice(points, 0, None, max(1, -(-len(points) // most)))


def _of_last(points: deque[Point], seconds: float, now: float) -> deque[Point]:
    while points and not now - seconds <= points[0].now <= now:
        points.popleft()
    return points
