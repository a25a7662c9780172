"""How latency answers to load: whether waiting is made by us, or was there anyway.

Above its *knee* a service does no more work when it is given more: what comes on top waits, and
latency grows in proportion to what is in flight. Below it latency hardly changes, and taking less
only does less. The number that tells the two apart is the elasticity of latency: by how many per
cent it grows when one per cent more is in flight. It is near 0 below the knee and near 1 above
(Little's law with a constant throughput).

Both functions judge finished requests by what was in flight when they were admitted, and compare
only like with like: where answers become lighter when there is much load, latency seems to fall
with it. They are pure, and cost a pass over a few hundred points.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

__all__ = ["Contrast", "Point", "alike", "contrast", "elasticity", "mean"]

# Points further than a factor of two from the limit say little about the slope at it.
BANDWIDTH = math.log(2)
# Weight below which the slope is noise: about as many points near the limit.
FEWEST_NEAR = 80.0
# Relative spread of the load below which no slope can be seen.
LEAST_SPREAD = 0.07
# Two groups of points are worth comparing if their loads differ by this factor.
LEAST_RATIO = 1.5
FEWEST_IN_ALL = 30
FEWEST_HIGH = 10


class Point(NamedTuple):
    """A finished request.

    Attributes:
        now: monotonic seconds at its end.
        load: natural logarithm of the units in flight when it was admitted.
        latency: natural logarithm of its seconds.
        kind: requests of the same are alike: the doublings of their cost.
    """

    now: float
    load: float
    latency: float
    kind: int = 0


class Contrast(NamedTuple):
    """Requests that met much load compared with those that met little.

    Attributes:
        elasticity: growth of latency from one to the other, over that of the load.
        high: units in flight that those with much load met, on average.
    """

    elasticity: float
    high: float


def elasticity(points: Collection[Point], limit: float) -> float | None:
    """Return the slope of latency over load near ``limit``; None if it cannot be told.

    A local linear regression on logarithms with a Gaussian kernel (Cleveland, "Robust Locally
    Weighted Regression", 1979, without the robustness).
    """
    at = math.log(limit)
    total = x_sum = y_sum = xx_sum = xy_sum = 0.0
    for _, load, latency, _ in alike(points):
        x = load - at
        weight = math.exp(-((x / BANDWIDTH) ** 2))
        total += weight
        x_sum += weight * x
        y_sum += weight * latency
        xx_sum += weight * x * x
        xy_sum += weight * x * latency
    if total < FEWEST_NEAR:
        return None
    spread = xx_sum / total - (x_sum / total) ** 2
    if spread < LEAST_SPREAD**2:
        return None
    return (xy_sum / total - x_sum * y_sum / total**2) / spread


def contrast(points: Collection[Point]) -> Contrast | None:
    """Compare the busiest moments with the quiet half; None if they were not busy enough."""
    points = alike(points)
    if len(points) < FEWEST_IN_ALL:
        return None
    loads = sorted(point.load for point in points)
    middle = loads[len(loads) // 2]
    busy_from = max(loads[len(loads) * 4 // 5], middle + math.log(LEAST_RATIO))
    low = [point for point in points if point.load <= middle]
    high = [point for point in points if point.load >= busy_from]
    if len(high) < FEWEST_HIGH:
        return None
    low_load, low_latency = mean(low)
    high_load, high_latency = mean(high)
    slope = (high_latency - low_latency) / (high_load - low_load)
    return Contrast(slope, math.exp(high_load))


def alike(points: Collection[Point]) -> list[Point]:
    """Return the points of the most frequent kind."""
    kinds = Counter(point.kind for point in points)
    if not kinds:
        return []
    most, _ = kinds.most_common(1)[0]
    return [point for point in points if point.kind == most]


def mean(points: Collection[Point]) -> tuple[float, float]:
    """Return the mean load and the mean latency, both as logarithms."""
    number = len(points)
    return (
        sum(point.load for point in points) / number,
        sum(point.latency for point in points) / number,
    )
