"""When each request arrives, decided before the first one is sent.

The load is *open*: arrivals come at their own times and do not wait for answers, as users do who
know nothing of each other. A closed loop, in which each client sends again when it has been
answered, slows down together with the service that it measures and so hides the very stall that it
looks for (Schroeder et al., "Open versus closed: a cautionary tale", NSDI 2006; Gil Tene's
"coordinated omission").
"""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

from snowshed.demo._model import Arrival, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOGUE = 10_000
OVERLOAD_RATE = 350.0
"""Light requests per second; their three lookups each make 1050, and the database serves 800."""


def make_plans(seconds: float) -> tuple[Plan, Plan]:
    """Plan the whole demo: the flood and the uniform overload, each to be carried out twice.

    Four fifths of the time go to the flood.

    Args:
        seconds: seconds of load, all four runs together.

    Raises:
        ValueError: ``seconds`` is less than 5, or not finite.
    """
    if not (math.isfinite(seconds) and seconds >= 5):
        msg = f"{seconds!r} s of load show nothing; give the demo at least 5 s"
        raise ValueError(msg)
    return flood_plan(0.4 * seconds), overload_plan(0.1 * seconds)


def flood_plan(seconds: float) -> Plan:
    """Plan a quarter of calm, three tenths of flood, and the rest to recover."""
    return Plan(seconds=seconds, flood_from=0.25 * seconds, flood_until=0.55 * seconds)


def overload_plan(seconds: float) -> Plan:
    """Plan light requests only, and at all times more of them than the shop can serve."""
    return Plan(seconds, 0.0, seconds, light_rate=OVERLOAD_RATE, heavy_rate=0.0)


def arrivals(plan: Plan) -> tuple[Arrival, ...]:
    """Return the requests of a run in the order of their arrival; a pure function of the plan.

    Light requests come at random (a Poisson process), heavy ones at an even pace: so few random
    ones would make the size of the flood a matter of luck.
    """
    return tuple(sorted([*_light(plan), *_heavy(plan)], key=lambda arrival: arrival.at))


def _light(plan: Plan) -> Iterator[Arrival]:
    random = Random(plan.seed)  # noqa: S311 - a load, not a secret
    at = random.expovariate(plan.light_rate)
    while at < plan.seconds:
        yield Arrival(at, "light", f"/product/{random.randrange(CATALOGUE)}")
        at += random.expovariate(plan.light_rate)


def _heavy(plan: Plan) -> Iterator[Arrival]:
    count = round((plan.flood_until - plan.flood_from) * plan.heavy_rate)
    for number in range(count):
        yield Arrival(
            plan.flood_from + number / plan.heavy_rate, "heavy", f"/report?items={plan.items}"
        )
