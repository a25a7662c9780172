"""The slope of latency over load: found where it is, and not claimed where it cannot be seen."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from snowshed.shed._limits._elasticity import Point, contrast, elasticity


def points(loads: list[float], latency: Callable[[float], float], noise: float = 0.0):
    draw = random.Random(1)
    return [
        Point(float(number), math.log(load), math.log(latency(load)) + draw.gauss(0, noise))
        for number, load in enumerate(loads)
    ]


def flat(_load: float) -> float:
    return 0.03


def steep(load: float) -> float:
    return 0.03 * load / 40


def spread(middle: float, by: float, number: int = 200) -> list[float]:
    return [middle * (1 - by + 2 * by * each / number) for each in range(number)]


class TestElasticity:
    @pytest.mark.parametrize(("latency", "slope"), [(flat, 0.0), (steep, 1.0)])
    @pytest.mark.parametrize("noise", [0.0, 0.3])
    def test_it_tells_waiting_from_working(
        self, latency: Callable[[float], float], slope: float, noise: float
    ) -> None:
        found = elasticity(points(spread(40, 0.3), latency, noise), 40)
        assert found == pytest.approx(slope, abs=1e-6 if not noise else 0.25)

    def test_it_is_the_slope_at_the_limit_not_somewhere_else(self) -> None:
        def hinge(load: float) -> float:
            return 0.03 * max(1.0, load / 40)

        loads = spread(100, 0.9, 2000)
        assert elasticity(points(loads, hinge), 12) == pytest.approx(0, abs=0.1)
        assert elasticity(points(loads, hinge), 150) == pytest.approx(1, abs=0.1)

    def test_without_variation_there_is_no_slope(self) -> None:
        assert elasticity(points([40.0] * 200, flat), 40) is None

    def test_few_points_near_the_limit_say_nothing(self) -> None:
        assert elasticity(points(spread(40, 0.3, 60), flat), 40) is None
        assert elasticity(points(spread(40, 0.3), flat), 4000) is None


class TestContrast:
    def test_a_busy_moment_that_cost_nothing_is_seen(self) -> None:
        found = contrast(points([10.0] * 60 + [30.0] * 20, flat))
        assert found is not None
        assert found.elasticity == pytest.approx(0)
        assert found.high == pytest.approx(30)

    def test_and_one_that_was_paid_for(self) -> None:
        found = contrast(points([50.0] * 60 + [100.0] * 20, steep))
        assert found is not None
        assert found.elasticity == pytest.approx(1)

    @pytest.mark.parametrize(
        "loads",
        [[], [10.0] * 29, [10.0] * 200, [10.0] * 60 + [14.0] * 20, [10.0] * 191 + [30.0] * 9],
        ids=["nothing", "few", "no variation", "little variation", "too few busy ones"],
    )
    def test_what_cannot_be_compared_is_not(self, loads: list[float]) -> None:
        assert contrast(points(loads, flat)) is None


class TestLightAnswers:
    """In a flood many answers are light, fast and seen at high load: no proof that load is free."""

    whole = points([50.0] * 150 + [100.0] * 50, steep)
    light = tuple(Point(float(number), math.log(100), math.log(0.001), 1) for number in range(190))

    def test_they_do_not_make_the_slope_look_flat(self) -> None:
        assert elasticity([*self.whole, *self.light], 70) == pytest.approx(1)

    def test_nor_a_busy_moment_look_free(self) -> None:
        found = contrast([*self.whole, *self.light])
        assert found is not None
        assert found.elasticity == pytest.approx(1)
