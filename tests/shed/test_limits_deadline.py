"""The limit that is steered by deadlines: where it settles, and the traps that it does not step in.

The service is a model without noise (`_fluid`), so that each figure can be computed by hand. With
noise, sockets and rivals it is measured in `benchmarks/overload`.
"""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given

from _fluid import FluidService
from _limits import hostile, tell
from snowshed.shed import DeadlineLimit, OpenRequest, Sample, Tick
from snowshed.shed._limits import _deadline
from snowshed.shed._limits._elasticity import Point


class TestWhereItSettles:
    def test_in_a_flood_requests_use_three_quarters_of_their_deadline(self) -> None:
        service = FluidService(DeadlineLimit()).run(5)
        latency = service.latency(service.limit.limit)
        assert latency == pytest.approx(0.75 * service.deadline, rel=0.02)

    def test_the_set_point_can_be_chosen(self) -> None:
        service = FluidService(DeadlineLimit(setpoint=0.5)).run(5)
        assert service.latency(service.limit.limit) == pytest.approx(0.125, rel=0.02)

    @pytest.mark.parametrize("deadline", [0.1, 1.0, 10.0])
    def test_what_counts_is_the_share_of_the_deadline(self, deadline: float) -> None:
        service = FluidService(DeadlineLimit(), free=deadline / 8, deadline=deadline)
        service.run(150 * deadline)
        assert service.latency(service.limit.limit) == pytest.approx(0.75 * deadline, rel=0.1)

    def test_it_is_no_larger_and_no_smaller_than_it_may_be(self) -> None:
        assert FluidService(DeadlineLimit(max_limit=100), knee=1000).run(5).limit.limit == 100
        smallest = FluidService(DeadlineLimit(min_limit=8), knee=1, free=1.0)
        assert min(smallest.run(60).seen) >= 8


class TestGuards:
    def test_it_does_not_grow_while_it_is_not_what_limits(self) -> None:
        service = FluidService(DeadlineLimit()).run(60, offered=10)
        assert service.limit.limit == 50

    def test_nor_is_it_cut_then(self) -> None:
        slow = FluidService(DeadlineLimit(), free=0.4).run(60, offered=10)
        assert slow.limit.strain > 2
        assert slow.limit.limit == 50

    def test_few_requests_are_no_reason_for_anything(self) -> None:
        limit = DeadlineLimit()
        for number in range(9):
            limit.on_sample(Sample(100 + number, 10.0, 0.25, 50.0, 1.0, False))
            limit.on_tick(Tick(100.0 + number, 50.0, 50.0))
        assert limit.limit == 50

    def test_in_one_decision_it_grows_by_a_tenth_at_most(self) -> None:
        seen = FluidService(DeadlineLimit()).run(3).seen
        assert max(after / before for before, after in pairwise(seen)) == pytest.approx(1.1)


class TestDeadTime:
    def test_what_was_admitted_before_the_last_change_is_no_news(self) -> None:
        """Half a second of requests that a cut could not have helped any more: it is cut once."""
        limit = DeadlineLimit()
        cuts = set()
        for number in range(1, 6):
            now = 100 + number / 10
            for _ in range(20):
                limit.on_sample(Sample(now, 0.6, 0.25, 50.0, 1.0, False))
            limit.on_tick(Tick(now, 50.0, 50.0))
            cuts.add(limit.limit)
        assert cuts == {25.0}

    def test_requests_that_hang_are_noticed_before_they_end(self) -> None:
        service = FluidService(DeadlineLimit()).hang(0.1, used=50)
        assert service.limit.limit == 50
        assert service.hang(0.2, used=50).limit.limit < 50


class TestTheFirstFlood:
    def test_a_limit_that_began_too_high_falls_to_what_is_done_in_the_time_allowed(self) -> None:
        """Five at once, 0.1 s each: 50 a second, of which 0.375 s hold 19."""
        service = FluidService(DeadlineLimit(), free=0.1, knee=5, deadline=0.5)
        # It has seen nothing done when it is cut first, by half; then it knows.
        service.run(1.0)
        assert service.seen[-1] == pytest.approx(50 * 0.375, rel=0.1)

    def test_what_was_done_while_there_was_little_to_do_says_nothing(self) -> None:
        service = FluidService(DeadlineLimit(), free=0.1, knee=5, deadline=0.5)
        service.run(5, offered=2)
        service.limit.on_tick(Tick(service.now + 0.1, 50.0, 50.0))
        assert math.isinf(service.limit._sustainable([(1.0, Point(0.0, 0.0, 0.0))]))


class TestTheFloor:
    def calm(self) -> FluidService:
        service = FluidService(DeadlineLimit()).run(10, offered=25)
        assert service.limit.floor == pytest.approx(40, rel=0.3)
        return service

    def test_it_is_the_load_that_costs_no_latency(self) -> None:
        self.calm()

    def test_a_load_that_was_paid_for_proves_no_more_than_what_is_usual(self) -> None:
        service = FluidService(DeadlineLimit(), knee=10).run(10, offered=30)
        assert 20 <= service.limit.floor <= 30.1

    def test_a_flood_that_is_just_over_has_proven_nothing(self) -> None:
        service = self.calm()
        floor = service.limit.floor
        service.run(15).run(2, offered=25)
        assert service.limit.floor == pytest.approx(floor, rel=0.3)

    @pytest.mark.parametrize("slower", [3, 5, 10])
    def test_a_brownout_is_one_step_down_to_it(self, slower: int) -> None:
        service = self.calm()
        service.run(3)
        full, floor = service.limit.limit, service.limit.floor
        assert full > 1.7 * floor
        service.free *= slower
        service.seen.clear()
        service.run(0.5 + 2 * service.latency(full))
        assert floor * 0.85 <= min(service.seen) <= floor * 1.15

    @pytest.mark.parametrize("slower", [5, 20])
    def test_an_unreachable_deadline_costs_no_throughput(self, slower: int) -> None:
        service = self.calm().run(3)
        service.free *= slower
        service.run(60)
        most = service.throughput(1e6)
        assert service.throughput(service.limit.limit) >= 0.85 * most

    def test_it_sinks_when_the_service_can_do_less_at_once(self) -> None:
        service = self.calm().run(3)
        service.free, service.knee = 0.2, 10.0
        service.run(120)
        assert service.limit.limit < 20

    def test_it_rises_when_the_service_can_do_more_at_once(self) -> None:
        service = self.calm().run(3)
        service.free, service.knee = 0.3, 400.0
        service.run(120)
        assert service.limit.limit > 150

    def test_without_calm_a_cut_that_changes_nothing_is_undone(self) -> None:
        service = FluidService(DeadlineLimit(), free=0.5, knee=500).run(30)
        assert service.limit.limit > 45

    def test_after_the_storm_it_is_where_it_was(self) -> None:
        service = self.calm().run(3)
        before = service.limit.limit
        service.free *= 5
        service.run(10)
        service.free /= 5
        service.run(3)
        assert service.limit.limit == pytest.approx(before, rel=0.1)


class TestWhoLeaves:
    def left_after(self, age: float) -> float:
        """The strain when a tenth of the callers leave at that age; 30 ms are usual."""
        service = FluidService(DeadlineLimit()).run(5, offered=25)
        limit = service.limit
        for number in range(100):
            told = limit.on_sample if number % 10 else limit.on_leave
            latency = 0.03 if number % 10 else age
            told(Sample(service.now + 0.1, latency, 0.25, 25.0, 1.0, True))
        limit.on_tick(Tick(service.now + 0.1, 25.0, 25.0))
        return limit.strain

    def test_at_once_has_changed_its_mind(self) -> None:
        assert self.left_after(0.02) < 0.5

    def test_after_long_has_lost_patience(self) -> None:
        assert self.left_after(0.1) > 1


class TestWhatMakesNoSense:
    @given(hostile)
    def test_it_stays_within_its_bounds(self, items: list[Sample | Tick]) -> None:
        limit = DeadlineLimit(min_limit=5, max_limit=500)
        for item in items:
            tell(limit, item)
            assert 5 <= limit.limit <= 500
            assert math.isfinite(limit.floor)

    def test_a_clock_that_is_set_back_does_not_stop_it(self) -> None:
        service = FluidService(DeadlineLimit()).run(5)
        service.now -= 3600
        service.free *= 3
        before = service.limit.limit
        assert service.run(3).limit.limit < before / 2

    def test_nor_does_one_that_jumps_ahead(self) -> None:
        service = FluidService(DeadlineLimit()).run(5)
        service.now += 3600
        assert service.run(3).latency(service.limit.limit) == pytest.approx(0.1875, rel=0.05)

    def test_open_requests_of_the_future_are_ignored(self) -> None:
        limit = DeadlineLimit()
        limit.on_tick(Tick(1.0, 50.0, 50.0, [OpenRequest(2.0, 0.25, 50.0)] * 20))
        assert limit.limit == 50

    @pytest.mark.parametrize(
        "wrong",
        [
            {"initial_limit": 1.0},
            {"max_limit": math.inf},
            {"min_limit": 0.0},
            {"setpoint": 0.0},
            {"setpoint": 1.5},
        ],
    )
    def test_bounds_that_are_none_are_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="DeadlineLimit"):
            DeadlineLimit(**wrong)


def test_its_memory_is_bounded() -> None:
    limit = DeadlineLimit()
    for tick in range(200):
        for number in range(3 * _deadline.MOST_FRESH // 100):
            limit.on_sample(Sample(100.0 + tick + number * 1e-6, 0.01, 0.25, 50.0, 1.0, False))
        if tick > 100:
            limit.on_tick(Tick(100.0 + tick, 50.0, 50.0))
    held = {name: len(getattr(limit, name)) for name in ("_fresh", "_calm", "_near")}
    assert held["_fresh"] == 0
    assert held["_calm"] <= _deadline.RECALLED
    assert held["_near"] == _deadline.NEAR_RECALLED


def test_it_says_how_it_stands() -> None:
    assert repr(DeadlineLimit()) == "<DeadlineLimit 50.0 floor=0.0 strain=0.00>"
