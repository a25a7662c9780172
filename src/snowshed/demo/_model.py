"""What the demo plans and what it measured: plain data, no behaviour.

Times are seconds. Those of an `Arrival`, an `Outcome` and a `Sample` count from the start of their
run, so that the runs of a comparison lie on one axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["light", "heavy"]
Failure = Literal["timeout", "connection"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides the load of a run; the same plan gives the same arrivals.

    Attributes:
        seconds: length of one run.
        flood_from: start of the flood; heavy and additional requests come from here on.
        flood_until: end of the flood.
        light_rate: light requests per second, all through the run.
        heavy_rate: heavy requests per second, during the flood only.
        surge_rate: light requests per second that come in addition, during the flood only.
        path: what light requests ask for, before the number of an item.
        idle: connections that are open all through the run and ask nothing.
        items: tasks that a heavy request starts.
        objective: a light request is good when it is answered within this time.
        light_timeout: a light client gives up after this time.
        heavy_timeout: a heavy client gives up after this time.
        budget: live tasks that a request may have in the guarded run.
        capacity: light requests per second that the shop can answer; None: unknown.
        concurrency: what uvicorn is told as its ``--limit-concurrency`` in the run that has one.
        seed: seed of the random arrivals.
    """

    seconds: float
    flood_from: float
    flood_until: float
    light_rate: float = 60.0
    heavy_rate: float = 2.0
    surge_rate: float = 0.0
    path: str = "/product"
    idle: int = 0
    items: int = 500
    objective: float = 0.250
    light_timeout: float = 2.0
    heavy_timeout: float = 5.0
    budget: int = 50
    capacity: float | None = None
    concurrency: int | None = None
    seed: int = 50


@dataclass(frozen=True, slots=True)
class Arrival:
    """One planned request."""

    at: float
    kind: Kind
    path: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one planned request.

    Attributes:
        at: when it was planned.
        kind: light or heavy.
        latency: from the *planned* moment to the end of the answer, or to the failure.
        late: how long after the planned moment the generator began to send it.
        status: status of the answer, None when there was none.
        failure: why there was no answer.
    """

    at: float
    kind: Kind
    latency: float
    late: float
    status: int | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The gauges of the service at one moment.

    Attributes:
        at: when.
        tasks: live asyncio tasks in the process.
        rss: resident bytes, None where the platform does not tell.
        request_peak: most lookups that one request has had in flight so far.
    """

    at: float
    tasks: int
    rss: int | None
    request_peak: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run of the service under the load.

    Attributes:
        name: how the tables call it.
        command: the command line that started the service.
        outcomes: one for each planned request, in planned order.
        samples: the gauges over time.
        printed: what the service wrote to stdout and stderr, line by line.
    """

    name: str
    command: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    samples: tuple[Sample, ...]
    printed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same plan, carried out by the same service in several ways, one after the other."""

    plan: Plan
    runs: tuple[RunResult, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the demo measured.

    Attributes:
        flood: a few heavy requests among many light ones; bare, and under snowshed.
        overload: too many light requests; bare, with the limit of uvicorn, and under snowshed.
        idle: few requests, and connections that ask nothing; with either limit.
    """

    flood: Comparison
    overload: Comparison
    idle: Comparison
