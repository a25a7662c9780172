"""Arrivals are those that the case describes, and the same ones for every controller."""

from __future__ import annotations

import pytest
from benchmarks.overload._controllers import CONTROLLERS, compared, controller_of
from benchmarks.overload._downstream import BrownOut, Downstream
from benchmarks.overload._goals import GOALS
from benchmarks.overload._scenarios import BIG, SCENARIOS, Case, capacity, case_of, cases

pytestmark = pytest.mark.house

ALL = [pytest.param(case, id=f"{case.scenario.name} {case.load:g}x") for case in cases()]


@pytest.mark.parametrize(
    ("name", "per_second"),
    [("uniform", 200), ("brownout3", 66.7), ("brownout5", 40), ("mixshift", 90.9), ("stale", 200)],
)
def test_the_capacity_is_that_of_the_downstream(name, per_second):
    assert case_of(name, 2).capacity == pytest.approx(per_second, rel=0.001)


def test_a_brown_out_meets_the_load_of_a_normal_day():
    assert case_of("brownout5", 2).offered == pytest.approx(400)


@pytest.mark.parametrize("case", ALL)
def test_arrivals_come_in_order_and_at_the_rate_of_their_phase(case: Case):
    arrivals = case.arrivals()
    assert arrivals == sorted(arrivals)
    assert arrivals[0].at >= 0
    assert arrivals[-1].at < case.times.end
    for phase in case.phases():
        expected = phase.rate * (phase.end - phase.begin)
        count = sum(phase.begin <= arrival.at < phase.end for arrival in arrivals)
        assert abs(count - expected) <= 4 * expected**0.5


@pytest.mark.parametrize("case", ALL)
def test_arrivals_are_the_same_each_time(case: Case):
    assert case_of(case.scenario.name, case.load).arrivals() == case.arrivals()


def test_the_mix_becomes_heavy_in_the_flood_only():
    case = case_of("mixshift", 5)
    big = case.kinds.index(BIG)
    calm, flood = (
        [
            arrival.kind == big
            for arrival in case.arrivals()
            if phase.begin <= arrival.at < phase.end
        ]
        for phase in case.phases()[:2]
    )
    assert sum(calm) / len(calm) == pytest.approx(0.02, abs=0.02)
    assert sum(flood) / len(flood) == pytest.approx(0.3, abs=0.03)


def test_unknown_names_are_told_what_there_is():
    with pytest.raises(ValueError, match="no scenario 'rain'; there are uniform, brownout3"):
        case_of("rain", 1)
    with pytest.raises(ValueError, match="no controller 'hope'; there are none, uvicorn16"):
        controller_of("hope")
    with pytest.raises(ValueError, match="must be positive, not 0"):
        case_of("uniform", 0)


def test_every_scenario_is_met_by_snowshed_and_every_goal_by_a_row():
    rows = {
        (c.name, name, load)
        for name, s in SCENARIOS.items()
        for load in s.loads
        for c in compared(name)
    }
    assert all(("snowshed", name, s.loads[0]) in rows for name, s in SCENARIOS.items())
    assert GOALS.keys() <= rows


def test_a_whole_run_takes_at_most_half_an_hour():
    starting = 2.3
    seconds = sum(
        len(compared(case.scenario.name)) * (case.times.end + starting) for case in cases()
    )
    assert seconds <= 1800


def test_snowshed_stands_before_the_same_command_as_the_bare_service():
    bare = CONTROLLERS["none"].command(1)
    ours = CONTROLLERS["snowshed"].command(1)
    assert ours[-len(bare) :] == bare
    assert ours[1:8] == ["-m", "snowshed", "run", "--mode", "enforce", "--objective", "0.25"]


class TestDownstream:
    def test_serves_so_many_at_once_and_the_rest_in_order(self):
        downstream = Downstream(servers=2, service=1.0, sigma=1e-9)
        ends = [downstream.reserve(10.0) for _ in range(5)]
        assert ends == pytest.approx([11, 11, 12, 12, 13])

    def test_serves_its_capacity_in_the_long_run(self):
        downstream = Downstream()
        last = max(downstream.reserve(0.0) for _ in range(10_000))
        assert 10_000 / last == pytest.approx(capacity(SCENARIOS["uniform"].flood) * 5, rel=0.03)

    def test_is_slower_for_the_work_that_begins_in_a_brown_out(self):
        downstream = Downstream(servers=1, service=1.0, sigma=1e-9)
        downstream.brown_out = BrownOut(11.0, 13.0, 3.0)
        assert [downstream.reserve(10.0) for _ in range(3)] == pytest.approx([11, 14, 15])
