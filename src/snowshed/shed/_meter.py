"""What happened to requests in the last minute, by route: what the rules judge by.

A counter that only grows says nothing about now, and a moving average forgets the height of a peak.
So each route has a ring of one bucket for each second; a reading adds up the last few. What clients
choose must not make it grow: the first routes get a ring each, the rest share one.

Latencies are counted in buckets of equal *ratio*, 16 to each doubling as HdrHistogram has it: a
percentile is then off by 6 % at most, whatever its size, and histograms of several seconds (or of
several instances) are added up bucket by bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import frexp
from typing import TypeVar

__all__ = ["OTHER_ROUTES", "Meter", "MeterStatistics", "Window", "is_bucket"]

K = TypeVar("K")

HELD_SECONDS = 61
"""Seconds that can be asked for, and the one that has only begun."""
OTHER_ROUTES = "(other)"
STEPS = 16
SHORTEST = 2.0**-17
LONGEST = 2.0**12
FEWEST = 20


@dataclass(frozen=True, slots=True)
class MeterStatistics:
    """What a `Meter` has seen since it was made.

    Attributes:
        routes: routes with counts of their own.
        overflowed: requests that were counted for all the other routes together.
        inflight: requests that were admitted and have not finished.
    """

    routes: int
    overflowed: int
    inflight: int


@dataclass(slots=True)
class Window:
    """The counts of the last few seconds.

    Attributes:
        seconds: how many; less than asked for while the meter is young.
        admitted: requests that were let in.
        refused: requests that were not, by reason.
        finished: requests that came to an end, failed ones included.
        failed: requests that came to a bad one.
        latencies: finished requests by bucket of their duration.
        inflight: requests that are in now.
    """

    seconds: float
    admitted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    finished: int = 0
    failed: int = 0
    latencies: dict[int, int] = field(default_factory=dict)
    inflight: int = 0

    @property
    def offered(self) -> int:
        """Requests that came, refused or not."""
        return self.admitted + sum(self.refused.values())

    @property
    def qps(self) -> float:
        """Requests offered in a second. What is refused counts: a shedder must not hide demand."""
        return self.offered / self.seconds if self.seconds > 0 else 0.0

    @property
    def error_rate(self) -> float:
        """Share of failed among finished, 0 to 1.

        Less than 20 requests are judged as if good ones made up the 20: at night one failure of two
        is no rate of 50 %. So an idle service reads 0.
        """
        return self.failed / max(self.finished, FEWEST)

    def percentile(self, share: float) -> float | None:
        """Return the duration in seconds that ``share`` of the finished requests did not exceed.

        0 if nothing finished because nothing is there; None if nothing finished though requests are
        in flight, as nobody knows how long those will take.
        """
        if not self.finished:
            return None if self.inflight > 0 else 0.0
        wanted = share * self.finished
        seen = 0
        for bucket in sorted(self.latencies):
            seen += self.latencies[bucket]
            if seen >= wanted:
                return _upper_edge(bucket)
        return None

    @property
    def p99(self) -> float | None:
        """The 99th percentile of the durations in seconds; see `percentile`."""
        return self.percentile(0.99)

    def add(self, other: Window) -> None:
        """Add the counts of another route or instance over the same time."""
        self.seconds = max(self.seconds, other.seconds)
        self.admitted += other.admitted
        self.finished += other.finished
        self.failed += other.failed
        self.inflight += other.inflight
        _add(self.refused, other.refused)
        _add(self.latencies, other.latencies)


def _add(into: dict[K, int], counts: Mapping[K, int]) -> None:
    for key, count in counts.items():
        into[key] = into.get(key, 0) + count


def _bucket(seconds: float) -> int:
    mantissa, exponent = frexp(min(max(seconds, SHORTEST), LONGEST))
    return exponent * STEPS + int(mantissa * 2 * STEPS) - STEPS


def is_bucket(bucket: int) -> bool:
    """Return whether a `Meter` counts in this bucket: others come from elsewhere, and are wrong."""
    return _LOWEST_BUCKET <= bucket <= _HIGHEST_BUCKET


def _upper_edge(bucket: int) -> float:
    exponent, step = divmod(min(max(bucket, _LOWEST_BUCKET), _HIGHEST_BUCKET), STEPS)
    return (STEPS + step + 1) / (2 * STEPS) * 2.0**exponent


_LOWEST_BUCKET = _bucket(SHORTEST)
_HIGHEST_BUCKET = _bucket(LONGEST)


class _Counts:
    """What happened within one second of the clock."""

    __slots__ = ("admitted", "failed", "finished", "latencies", "refused", "second")

    def __init__(self) -> None:
        self.begin(-1)

    def begin(self, second: int) -> None:
        self.second = second
        self.admitted = self.finished = self.failed = 0
        self.refused: dict[str, int] = {}
        self.latencies: dict[int, int] = {}

    def add_to(self, into: _Counts | Window) -> None:
        into.admitted += self.admitted
        into.finished += self.finished
        into.failed += self.failed
        if self.refused:
            _add(into.refused, self.refused)
        if self.latencies:
            _add(into.latencies, self.latencies)


class _Ring:
    """The last minute, by second."""

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds = [_Counts() for _ in range(HELD_SECONDS)]

    def add(self, counts: _Counts) -> None:
        place = self.seconds[counts.second % HELD_SECONDS]
        if place.second != counts.second:
            place.begin(counts.second)
        counts.add_to(place)

    def add_last(self, seconds: int, end: int, into: Window) -> None:
        for second in range(end - seconds, end):
            counts = self.seconds[second % HELD_SECONDS]
            if counts.second == second:
                counts.add_to(into)


class _Series:
    """One route: the second that runs, and the minute before it."""

    __slots__ = ("inflight", "ring", "running", "used")

    def __init__(self) -> None:
        self.ring = _Ring()
        self.running = _Counts()
        self.inflight = 0
        # The last second that is over in which anything happened.
        self.used = -1

    @property
    def last_used(self) -> int:
        """The last second in which anything happened; -1: none yet."""
        running = self.running
        happened = running.admitted or running.finished or running.refused
        return running.second if happened else self.used


class Meter:
    """Counts requests by route, and answers what the last few seconds were like.

    One loop, not thread-safe. Each of the three calls costs less than a microsecond: it counts in
    the second that runs, which joins the others when the next one begins.

    Args:
        routes: routes that have counts of their own; those that come later share one.
        now: monotonic seconds at its beginning; None: at the first count.
    """

    __slots__ = ("_all", "_at_most", "_began", "_looked", "_overflowed", "_routes")

    def __init__(self, *, routes: int = 100, now: float | None = None) -> None:
        self._at_most = routes
        self._began = now
        self._routes: dict[str, _Series] = {}
        self._overflowed = 0
        self._looked = -1
        self._all = _Ring()

    def admitted(self, route: str, now: float) -> None:
        """Count a request that was let in.

        Args:
            route: the *template* of its path, as ``/user/{id}``.
            now: monotonic seconds.
        """
        series = self._routes.get(route) or self._series(route, now)
        counts = series.running
        if counts.second != int(now):
            self._turn(series, int(now))
        series.inflight += 1
        counts.admitted += 1

    def refused(self, route: str, now: float, reason: str) -> None:
        """Count a request that was not let in, for a reason of one word (that of `Overloaded`)."""
        series = self._routes.get(route) or self._series(route, now)
        counts = series.running
        if counts.second != int(now):
            self._turn(series, int(now))
        counts.refused[reason] = counts.refused.get(reason, 0) + 1

    def finished(self, route: str, now: float, seconds: float, failed: bool) -> None:
        """Count the end of a request that was let in.

        Args:
            route: as it was admitted.
            now: monotonic seconds at its end.
            seconds: its duration.
            failed: whether that was a bad end: an error of the server's, a missed deadline.
        """
        series = self._routes.get(route) or self._series(route, now)
        counts = series.running
        if counts.second != int(now):
            self._turn(series, int(now))
        series.inflight -= 1
        counts.finished += 1
        if failed:
            counts.failed += 1
        if SHORTEST < seconds < LONGEST:  # `_bucket` written out: a call less is a fifth of it all
            mantissa, exponent = frexp(seconds)
            bucket = exponent * STEPS + int(mantissa * 2 * STEPS) - STEPS
        else:
            bucket = _bucket(seconds)
        latencies = counts.latencies
        latencies[bucket] = latencies.get(bucket, 0) + 1

    def window(self, seconds: int, now: float, route: str | None = None) -> Window:
        """Return the counts of the last whole ``seconds``.

        The second that runs is left out: it is not over, and would make every rate too low.

        Args:
            seconds: 1 to 60.
            now: monotonic seconds.
            route: one of `routes`; None: all together.

        Raises:
            ValueError: more seconds than are held.
        """
        if not 1 <= seconds < HELD_SECONDS:
            msg = f"a meter holds 1 to {HELD_SECONDS - 1} seconds, not {seconds}"
            raise ValueError(msg)
        end = int(now)
        one = None if route is None else self._routes.get(route, _NOTHING)
        for series in self._routes.values() if one is None else (one,):
            if series.running.second not in {end, -1}:
                self._turn(series, end)
        age = seconds if self._began is None else end - int(self._began)
        found = Window(float(max(1, min(seconds, age))))
        (self._all if one is None else one.ring).add_last(seconds, end, found)
        found.inflight = max(self._inflight() if one is None else one.inflight, 0)
        return found

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes with counts of their own, and ``(other)`` if there were more."""
        return tuple(self._routes)

    def statistics(self) -> MeterStatistics:
        """Return what happened so far."""
        return MeterStatistics(
            routes=len(self._routes) - (OTHER_ROUTES in self._routes),
            overflowed=self._overflowed,
            inflight=max(self._inflight(), 0),
        )

    def __repr__(self) -> str:
        now = self.statistics()
        return (
            f"<Meter: {now.routes} routes, {now.inflight} in flight, {now.overflowed} overflowed>"
        )

    def _inflight(self) -> int:
        return sum(series.inflight for series in self._routes.values())

    def _turn(self, series: _Series, second: int) -> None:
        series.used = series.last_used
        if series.running.second >= 0:
            series.ring.add(series.running)
            self._all.add(series.running)
        series.running.begin(second)

    def _forgot_one(self, second: int) -> bool:
        """Make a place of a route that nobody has asked for in the time that is held.

        Paths that a scanner has tried would else keep the places of those that are used. Looks once
        a second: in a flood of new names it costs nothing.
        """
        if second == self._looked:
            return False
        self._looked = second
        for name, series in self._routes.items():
            idle = series.inflight <= 0 and second - series.last_used > HELD_SECONDS
            if idle and name != OTHER_ROUTES:
                del self._routes[name]
                return True
        return False

    def _series(self, route: str, now: float) -> _Series:
        if self._began is None:
            self._began = now
        if len(self._routes) < self._at_most or self._forgot_one(int(now)):
            return self._routes.setdefault(route, _Series())
        self._overflowed += 1
        return self._routes.setdefault(OTHER_ROUTES, _Series())


_NOTHING = _Series()
