"""When each request arrives, decided before the first one is sent.

The load is *open*: arrivals come at their own times and do not wait for answers, as users do who
know nothing of each other. A closed loop, in which each client sends again when it has been
answered, slows down together with the service that it measures and so hides the very stall that it
looks for (Schroeder et al., "Open versus closed: a cautionary tale", NSDI 2006; Gil Tene's
"coordinated omission").
"""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from snowshed.demo._model import Arrival, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOGUE = 10_000
CAPACITY = 50.0
"""Questions per second that the carrier of the shop answers."""
TIMES = 5
"""How many times as much comes in the uniform flood."""
CALM = 0.6
"""Share of what the carrier answers that comes at other times."""
OBJECTIVE = 0.500
"""Seconds; five times what the carrier takes to answer."""
SPARE = 0.75
"""Share of the objective that requests would spend at the limit which uvicorn is given."""
IDLE_AT_MOST = 4.0
"""Seconds; uvicorn closes a connection on which nothing has come for five."""
LEAST, USUAL = 8.0, 62.0
"""Seconds of load, all runs together."""


def make_plans(seconds: float) -> tuple[Plan, Plan, Plan]:
    """Plan the whole demo: the flood (two runs), the uniform one (three), idle connections (two).

    Half of the time goes to the first.

    Args:
        seconds: seconds of load, all runs together.

    Raises:
        ValueError: ``seconds`` is less than 8, or not finite.
    """
    if not (math.isfinite(seconds) and seconds >= LEAST):
        msg = f"{seconds!r} s of load show nothing; give the demo at least {LEAST:g} s"
        raise ValueError(msg)
    part = seconds / USUAL
    return flood_plan(16 * part), overload_plan(9 * part), idle_plan(1.5 * part)


def flood_plan(seconds: float) -> Plan:
    """Plan a quarter of calm, three tenths of flood, and the rest to recover."""
    return Plan(seconds=seconds, flood_from=0.25 * seconds, flood_until=0.55 * seconds)


def overload_plan(seconds: float) -> Plan:
    """Plan a ninth of calm, six of far more light requests than can be served, and the rest."""
    calm = CALM * CAPACITY
    return _ordinary(
        Plan(
            seconds=seconds,
            flood_from=seconds / 9,
            flood_until=seconds * 7 / 9,
            light_rate=calm,
            surge_rate=TIMES * CAPACITY - calm,
        )
    )


def idle_plan(seconds: float) -> Plan:
    """Plan half of what can be served, while others hold as many connections as uvicorn takes.

    They ask nothing, as the spare connections of a load balancer do. No longer than uvicorn leaves
    them open.
    """
    seconds = min(seconds, IDLE_AT_MOST)
    plan = Plan(seconds, 0.0, seconds, light_rate=CAPACITY / 2)
    return _ordinary(replace(plan, idle=fitting_concurrency() - 1))


def _ordinary(plan: Plan) -> Plan:
    return replace(
        plan,
        heavy_rate=0.0,
        path="/shipping",
        objective=OBJECTIVE,
        capacity=CAPACITY,
        concurrency=fitting_concurrency(),
    )


def fitting_concurrency() -> int:
    """Return the limit that an operator would compute who knows the carrier.

    As many as are answered within three quarters of the objective (Little's law). And one more:
    uvicorn counts the connection that asks, and refuses *at* the limit.
    """
    return math.floor(SPARE * OBJECTIVE * CAPACITY) + 1


def arrivals(plan: Plan) -> tuple[Arrival, ...]:
    """Return the requests of a run in the order of their arrival; a pure function of the plan.

    Light requests come at random (a Poisson process), heavy ones at an even pace: so few random
    ones would make the size of the flood a matter of luck.
    """
    return tuple(sorted([*_light(plan), *_heavy(plan)], key=lambda arrival: arrival.at))


def _light(plan: Plan) -> Iterator[Arrival]:
    yield from _random(plan, plan.light_rate, 0.0, plan.seconds, plan.seed)
    if plan.surge_rate > 0:
        yield from _random(plan, plan.surge_rate, plan.flood_from, plan.flood_until, plan.seed + 1)


def _random(plan: Plan, rate: float, since: float, until: float, seed: int) -> Iterator[Arrival]:
    random = Random(seed)  # noqa: S311 - a load, not a secret
    at = since + random.expovariate(rate)
    while at < until:
        yield Arrival(at, "light", f"{plan.path}/{random.randrange(CATALOGUE)}")
        at += random.expovariate(rate)


def _heavy(plan: Plan) -> Iterator[Arrival]:
    count = round((plan.flood_until - plan.flood_from) * plan.heavy_rate)
    for number in range(count):
        yield Arrival(
            plan.flood_from + number / plan.heavy_rate, "heavy", f"/report?items={plan.items}"
        )
