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


def make_plan(seconds: float) -> Plan:
    """Plan one run of ``seconds``: a quarter calm, three tenths flood, the rest to recover.

    Raises:
        ValueError: ``seconds`` is shorter than 2 or not finite.
    """
    if not (math.isfinite(seconds) and seconds >= 2):
        msg = f"a run of {seconds!r} s shows nothing; give each run at least 2 s"
        raise ValueError(msg)
    return Plan(seconds=seconds, flood_from=0.25 * seconds, flood_until=0.55 * seconds)


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
