"""What is sent: kinds of callers, how many of each and when.

A case is a scenario at one load. It says everything that the sender, the service and the measures
have to know, so that a simulation can take the same case and yield the same row. The arrivals of a
case are drawn from a seed of its own: every controller meets the same ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVERS = 20
SERVICE = 0.020
SIGMA = 0.5
CPU = 0.0003
OBJECTIVE = 0.25
PATIENCE = 1.0
CALM = 0.5


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request.

    Attributes:
        name: for the table.
        tasks: parallel calls that its answer takes.
        light: parallel calls that its light answer takes.
        timeout: seconds that its callers have, which they say; None: they say nothing, and the
            objective counts.
    """

    name: str
    tasks: int = 5
    light: int = 5
    timeout: float | None = None

    @property
    def path(self) -> str:
        """Where it is served: each kind has a path of its own, as in a real service."""
        return f"/{self.name}"

    @property
    def deadline(self) -> float:
        """Seconds within which an answer is good."""
        return OBJECTIVE if self.timeout is None else self.timeout


Mix = tuple[tuple[Kind, float], ...]

PLAIN = Kind("plain")
SMALL = Kind("small", 2, 2)
BIG = Kind("big", 32, 8)
STALE = Kind("stale", timeout=0.030)
FRESH = Kind("fresh", timeout=OBJECTIVE)
KINDS = (PLAIN, SMALL, BIG, STALE, FRESH)
UNIFORM: Mix = ((PLAIN, 1.0),)


@dataclass(frozen=True, slots=True)
class Times:
    """How long the phases of a row are, in seconds.

    Attributes:
        calm: before the flood.
        flood: the flood.
        recovery: after the flood.
        onset: how much of the flood is its onset.
        settle: how much of the recovery is not judged.
    """

    calm: float = 4.0
    flood: float = 10.0
    recovery: float = 4.0
    onset: float = 3.0
    settle: float = 1.0

    @property
    def until(self) -> float:
        """The end of the flood."""
        return self.calm + self.flood

    @property
    def end(self) -> float:
        """The end of everything."""
        return self.until + self.recovery


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens.

    Attributes:
        name: for the table.
        says: what happens, in a few words.
        loads: multiples of the capacity that are sent in the flood.
        calm: what is sent before and after the flood.
        flood: what is sent in the flood.
        slower: factor of the downstream's service time in the flood.
        parked: connections that are open and idle all the time.
        hops: services in a row; the last one has the downstream.
        times: how long.
    """

    name: str
    says: str
    loads: tuple[float, ...]
    calm: Mix = UNIFORM
    flood: Mix = UNIFORM
    slower: float = 1.0
    parked: int = 0
    hops: int = 1
    times: Times = field(default_factory=Times)


BROWN_OUT = Times(flood=12.0)
# Which of the unlike requests are served is chance, so it takes more of them for a steady number.
UNLIKE = Times(flood=20.0)
CALM_MIX: Mix = ((SMALL, 0.98), (BIG, 0.02))
HEAVY_MIX: Mix = ((SMALL, 0.7), (BIG, 0.3))
HALF_STALE: Mix = ((STALE, 0.5), (FRESH, 0.5))

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("uniform", "more of the same requests", (0.5, 1, 2, 5, 10)),
        Scenario(
            "brownout3", "the downstream is 3 times slower", (2,), slower=3.0, times=BROWN_OUT
        ),
        Scenario(
            "brownout5", "the downstream is 5 times slower", (2,), slower=5.0, times=BROWN_OUT
        ),
        Scenario(
            "mixshift",
            "the requests become heavy",
            (2, 5),
            calm=CALM_MIX,
            flood=HEAVY_MIX,
            times=UNLIKE,
        ),
        Scenario("stale", "half of the callers have 30 ms left", (2, 10), HALF_STALE, HALF_STALE),
        Scenario("parked", "40 idle connections are open", (0.5,), parked=40),
        Scenario("hops", "three services in a row", (2,), hops=3),
        Scenario(
            "warm",
            "more than 10,000 requests at half load",
            (0.5,),
            times=Times(calm=0, flood=104, recovery=0),
        ),
    )
}


class Arrival(NamedTuple):
    """A request that will be sent: seconds from the start, and which of the case's kinds."""

    at: float
    kind: int


class Phase(NamedTuple):
    """A stretch of time with one rate and one mix."""

    begin: float
    end: float
    rate: float
    mix: Mix


def mean_tasks(mix: Mix) -> float:
    """Return the parallel calls of a mean request."""
    return sum(share * kind.tasks for kind, share in mix)


def capacity(mix: Mix, slower: float = 1.0) -> float:
    """Return the requests per second that the downstream can serve, which is the ideal bound."""
    return SERVERS / (SERVICE * slower * mean_tasks(mix))


@dataclass(frozen=True)
class Case:
    """A scenario at one load: the load is a multiple of the capacity at normal speed."""

    scenario: Scenario
    load: float

    @property
    def times(self) -> Times:
        """How long its phases are."""
        return self.scenario.times

    @property
    def capacity(self) -> float:
        """Requests per second that the downstream can serve in the flood, slow as it is then."""
        return capacity(self.scenario.flood, self.scenario.slower)

    @property
    def offered(self) -> float:
        """Requests per second that are sent in the flood."""
        return self.load * capacity(self.scenario.flood)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of requests, each once."""
        mixes = (*self.scenario.calm, *self.scenario.flood)
        return tuple(dict.fromkeys(kind for kind, _ in mixes))

    def phases(self) -> tuple[Phase, Phase, Phase]:
        """Return calm, flood and recovery."""
        scenario, times = self.scenario, self.times
        calm = CALM * capacity(scenario.calm)
        return (
            Phase(0.0, times.calm, calm, scenario.calm),
            Phase(times.calm, times.until, self.offered, scenario.flood),
            Phase(times.until, times.end, calm, scenario.calm),
        )

    def arrivals(self) -> list[Arrival]:
        """Return what is sent, in the order of time: the same at each call."""
        draw = random.Random(f"{self.scenario.name} {self.load:g}")
        return [arrival for phase in self.phases() for arrival in self._of(phase, draw)]

    def _of(self, phase: Phase, draw: random.Random) -> Iterator[Arrival]:
        # Each kind by itself: with a fixed number of each in a while, the kind that comes less
        # often just now would meet an emptier service.
        numbers = [self.kinds.index(kind) for kind, _ in phase.mix]
        shares = [share for _, share in phase.mix]
        at = phase.begin + draw.expovariate(phase.rate)
        while at < phase.end:
            yield Arrival(at, draw.choices(numbers, shares)[0])
            at += draw.expovariate(phase.rate)


def case_of(scenario: str, load: float) -> Case:
    """Return the case of that name.

    Raises:
        ValueError: there is no such scenario, or the load is not positive.
    """
    if scenario not in SCENARIOS:
        msg = f"no scenario {scenario!r}; there are {', '.join(SCENARIOS)}"
        raise ValueError(msg)
    if not load > 0:
        msg = f"the load of {scenario} must be positive, not {load!r}"
        raise ValueError(msg)
    return Case(SCENARIOS[scenario], load)


def cases() -> list[Case]:
    """Return all cases in the order of the table."""
    return [Case(scenario, load) for scenario in SCENARIOS.values() for load in scenario.loads]
