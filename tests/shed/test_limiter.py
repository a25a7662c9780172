"""Admission by units in flight: who is let in, who is refused and why, and what is given back.

How it fares in a flood is measured in `benchmarks/overload`; what hostile sequences do to it is in
`tests/conformance/test_limiter.py`.
"""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from snowshed.errors import DeadlineExceeded, Overloaded
from snowshed.shed import AdaptiveLimiter, Criticality, FixedLimit, Grant, Limit, Sample, Tick


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Recorder:
    """A limit that remembers what it was told."""

    def __init__(self, limit: float = 50.0) -> None:
        self.limit = limit
        self.samples: list[Sample] = []
        self.ticks: list[Tick] = []

    def on_sample(self, sample: Sample) -> None:
        self.samples.append(sample)

    def on_tick(self, tick: Tick) -> None:
        self.ticks.append(tick)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def made(clock: Clock, limit: Limit | None = None, *, objective: float = 0.25) -> AdaptiveLimiter:
    return AdaptiveLimiter(
        "api", limit=limit or FixedLimit(50), objective=objective, clock=clock, rng=random.Random(1)
    )


def refusal(limiter: AdaptiveLimiter, cost: float = 1.0, **terms: object) -> Overloaded:
    with pytest.raises(Overloaded) as refused:
        limiter.admit(cost, **terms)  # type: ignore[arg-type]
    return refused.value


class TestOverdraw:
    def test_it_lets_in_while_less_than_the_limit_is_in_flight(self, clock: Clock) -> None:
        limiter = made(clock)
        granted = [limiter.admit(32), limiter.admit(32)]
        assert limiter.statistics().inflight == 64
        assert refusal(limiter).reason == "limit"
        granted[0].finish()
        limiter.admit(1)

    def test_one_that_costs_more_than_the_limit_is_let_in_when_it_is_idle(
        self, clock: Clock
    ) -> None:
        limiter = made(clock)
        with limiter.admit(5000) as grant:
            assert grant.units == 5000
            refusal(limiter)
        assert limiter.pressure == 0

    @pytest.mark.parametrize("cost", [0.0, -1.0, float("nan"), float("inf")])
    def test_a_cost_that_is_none_counts_as_one_task(self, clock: Clock, cost: float) -> None:
        assert made(clock).admit(cost).units == 1


class TestARefusal:
    def test_it_says_what_is_full_and_when_to_come_back(self, clock: Clock) -> None:
        limiter = made(clock)
        limiter.admit(51)
        error = refusal(limiter)
        assert "'api' has 51 of 50 units in flight" in str(error)
        assert error.retry_after in {1, 2, 3, 4}

    def test_not_everybody_is_to_come_back_at_once(self, clock: Clock) -> None:
        limiter = made(clock)
        limiter.admit(51)
        assert len({refusal(limiter).retry_after for _ in range(40)}) == 4

    def test_it_is_counted_by_its_reason(self, clock: Clock) -> None:
        limiter = made(clock)
        limiter.admit(45)
        refusal(limiter, criticality=Criticality.SHEDDABLE)
        limiter.admit(45)
        refusal(limiter)
        seen = limiter.statistics()
        assert (seen.offered, seen.admitted) == (4, 2)
        assert seen.rejected == {"limit": 1, "class": 1, "infeasible": 0}


class TestTheSum:
    def test_fractions_do_not_add_up(self, clock: Clock) -> None:
        limiter = made(clock)
        for _ in range(1000):
            grants = [limiter.admit(each) for each in (1.1, 2.2, 3.3)]
            for grant in grants:
                grant.finish()
        assert limiter.statistics().inflight == 0


class TestWhatTheLimitIsTold:
    def test_a_request_that_ended(self, clock: Clock) -> None:
        limit = Recorder()
        limiter = made(clock, limit)
        limiter.admit(7)
        grant = limiter.admit(5, time_left=0.2)
        clock.now += 0.05
        grant.finish()
        assert limit.samples == [Sample(clock.now, pytest.approx(0.05), 0.2, 12, 5, False)]

    def test_one_that_its_deadline_ended(self, clock: Clock) -> None:
        limit = Recorder()
        grant = made(clock, limit).admit()
        clock.now += 0.3
        with pytest.raises(DeadlineExceeded), grant:
            raise DeadlineExceeded("GET /", 0.3)
        assert limit.samples[0].dropped

    def test_without_a_deadline_of_its_own_the_objective_counts(self, clock: Clock) -> None:
        limit = Recorder()
        grant = made(clock, limit).admit()
        clock.now += 0.1
        grant.finish()
        assert limit.samples[0].deadline == 0.25

    def test_a_timeout_of_the_service_is_no_aim_but_a_bound(self, clock: Clock) -> None:
        limit = Recorder()
        limiter = made(clock, limit)
        grants = [limiter.admit(timeout=5.0), limiter.admit(timeout=0.1)]
        clock.now += 0.05
        for grant in grants:
            grant.finish()
        assert [each.deadline for each in limit.samples] == [0.25, 0.1]

    def test_what_it_had_waited_before_is_a_part_of_its_latency(self, clock: Clock) -> None:
        limit = Recorder()
        grant = made(clock, limit).admit(waited=0.05, time_left=0.2)
        clock.now += 0.1
        grant.finish()
        assert limit.samples[0].latency == pytest.approx(0.15)
        assert limit.samples[0].deadline == pytest.approx(0.25)

    def test_a_stream_is_answered_when_it_begins_and_in_flight_for_a_while(
        self, clock: Clock
    ) -> None:
        limit = Recorder()
        limiter = made(clock, limit)
        grant = limiter.admit(5)
        clock.now += 0.05
        grant.answered()
        clock.now += 0.9
        limiter.admit().finish()
        assert limiter.statistics().inflight == 5
        clock.now += 0.2
        limiter.admit().finish()
        assert limiter.statistics().inflight == 0
        grant.finish()
        assert limiter.statistics().inflight == 0
        assert limit.samples[0].latency == pytest.approx(0.05)
        assert all(not tick.oldest for tick in limit.ticks)

    def test_ten_thousand_connections_that_stay_open_keep_nobody_out(self, clock: Clock) -> None:
        limiter = AdaptiveLimiter("api", objective=0.25, clock=clock)
        accepted = 0
        for _ in range(10_000):
            clock.now += 0.01
            with suppress(Overloaded):
                limiter.admit().answered()
                accepted += 1
        assert accepted > 9_900
        assert limiter.statistics().open < 200

    def test_a_client_that_leaves_in_time_says_nothing_and_one_that_was_kept_too_long_does(
        self, clock: Clock
    ) -> None:
        limit = Recorder()
        limiter = made(clock, limit)
        soon, late = limiter.admit(), limiter.admit()
        clock.now += 0.1
        soon.cancel()
        assert limit.samples == []
        clock.now += 0.2
        late.cancel()
        assert [each.dropped for each in limit.samples] == [True]

    def test_streams_do_not_hide_who_is_overdue(self, clock: Clock) -> None:
        limit = Recorder(limit=1000)
        limiter = made(clock, limit)
        for _ in range(300):
            limiter.admit().answered()
        limiter.admit()
        clock.now += 0.5
        limiter.admit()
        assert len(limit.ticks[-1].oldest) == 1

    def test_ten_times_a_second_what_was_in_use_and_what_is_overdue(self, clock: Clock) -> None:
        limit = Recorder()
        limiter = made(clock, limit)
        first = limiter.admit(30)
        second = limiter.admit(10)
        second.finish()
        clock.now += 0.11
        limiter.admit()
        assert [(tick.used, tick.peak) for tick in limit.ticks] == [(30, 40)]
        assert [each.deadline for each in limit.ticks[0].oldest] == [0.25]
        first.finish()

    def test_nothing_runs_while_nothing_comes(self, clock: Clock) -> None:
        limit = Recorder()
        made(clock, limit)
        clock.now += 3600
        assert limit.ticks == []


class TestFeasibility:
    """The three traps: probes must not teach, old news must be forgotten, and a probe gets in."""

    def busy(self, clock: Clock, limit: Limit | None = None) -> tuple[AdaptiveLimiter, Grant]:
        """A limiter that has seen requests of 100 ms for a second, and is a fifth full."""
        limiter = made(clock, limit)
        for _ in range(60):
            grant = limiter.admit(5)
            grant._admitted = clock.now - 0.1
            clock.now += 0.01
            grant.finish()
        return limiter, limiter.admit(10)

    def test_too_little_time_left_is_refused(self, clock: Clock) -> None:
        limiter, _ = self.busy(clock)
        assert refusal(limiter, 5, time_left=0.03).reason == "infeasible"
        limiter.admit(5, time_left=0.25)

    def test_a_larger_fan_out_needs_more_time(self, clock: Clock) -> None:
        limiter, _ = self.busy(clock)
        for number in range(60):
            grant = limiter.admit(5)
            grant._admitted = clock.now - 0.02 - number * 0.002
            clock.now += 0.005
            grant.finish()
        clock.now += 0.1
        limiter.admit(2, time_left=0.09).finish()
        assert refusal(limiter, 32, time_left=0.09).reason == "infeasible"

    def test_where_the_light_answer_can_be_in_time_it_is_granted_instead(
        self, clock: Clock
    ) -> None:
        limiter, _ = self.busy(clock)
        for number in range(60):
            grant = limiter.admit(5)
            grant._admitted = clock.now - 0.02 - number * 0.002
            clock.now += 0.005
            grant.finish()
        clock.now += 0.1
        grant = limiter.admit(32, light=2, time_left=0.09)
        assert (grant.level, grant.units) == ("light", 2)

    def test_a_probe_is_let_in_but_teaches_the_limit_nothing(self, clock: Clock) -> None:
        limit = Recorder()
        limiter, held = self.busy(clock, limit)
        held.finish()
        limit.samples.clear()
        grant = limiter.admit(1, time_left=0.03)
        clock.now += 0.1
        grant.finish()
        assert limit.samples == []

    def test_after_a_second_of_silence_nothing_is_known(self, clock: Clock) -> None:
        limiter, _ = self.busy(clock)
        refusal(limiter, 5, time_left=0.03)
        clock.now += 1.2
        limiter.admit(5, time_left=0.03)

    def test_one_that_has_waited_for_half_of_its_time_is_too_late(self, clock: Clock) -> None:
        limiter, _ = self.busy(clock)
        assert refusal(limiter, waited=0.3).reason == "infeasible"
        limiter.admit(waited=0.2)


class TestLight:
    def test_from_three_quarters_on_light_answers_are_granted_and_charged(
        self, clock: Clock
    ) -> None:
        limiter = made(clock)
        assert limiter.admit(38, light=8).level == "normal"
        grant = limiter.admit(32, light=8)
        assert (grant.level, grant.units) == ("light", 8)
        assert limiter.statistics().light == 1

    def test_one_without_a_light_answer_is_charged_in_full(self, clock: Clock) -> None:
        limiter = made(clock)
        limiter.admit(38)
        assert limiter.admit(32).units == 32


class TestClientsThatLeave:
    """They have said nothing of a deadline, and leave before the objective."""

    def flooded(self, clock: Clock, patience: float) -> AdaptiveLimiter:
        """Ten at once, 20 ms each: 500 a second, of which twice as many come, for 30 s."""
        limiter = AdaptiveLimiter("api", objective=1.0, clock=clock, rng=random.Random(1))
        free = [clock.now] * 10
        ends: list[tuple[float, bool, Grant]] = []
        self.good = 0
        for number in range(30_000):
            clock.now += 0.001 if number > 5000 else 0.004
            while ends and ends[0][0] <= clock.now:
                at, leaves, grant = ends.pop(0)
                now, clock.now = clock.now, at
                if leaves:
                    grant.cancel()
                else:
                    grant.finish()
                    self.good += number > 15_000
                clock.now = now
            with suppress(Overloaded):
                grant = limiter.admit()
                # What was begun goes on, whether anybody waits for it or not.
                free.sort()
                free[0] = max(free[0], clock.now) + 0.02
                left = clock.now + patience
                ends.append((min(free[0], left), left < free[0], grant))
                ends.sort(key=lambda end: end[:2])
        return limiter

    @pytest.mark.parametrize("patience", [0.3, 0.5])
    def test_are_as_good_a_sign_as_late_answers(self, clock: Clock, patience: float) -> None:
        self.flooded(clock, patience)
        assert self.good > 0.85 * 500 * 15


class TestADryRun:
    def test_whoever_would_be_refused_is_let_in_and_counted_as_refused(self, clock: Clock) -> None:
        limiter = made(clock)
        limiter.admit(51)
        refusal(limiter)
        limiter.let_in(5)
        seen = limiter.statistics()
        assert (seen.offered, seen.admitted, seen.rejected["limit"]) == (2, 2, 1)
        assert seen.inflight == 56


@pytest.mark.parametrize("objective", [0.0, -1.0, float("nan"), float("inf")])
def test_an_objective_that_is_none_is_refused(objective: float) -> None:
    with pytest.raises(ValueError, match="limiter 'api': objective must be"):
        AdaptiveLimiter("api", objective=objective)


def test_it_says_how_it_stands(clock: Clock) -> None:
    limiter = made(clock)
    limiter.admit(5)
    assert repr(limiter) == "<AdaptiveLimiter 'api' 5 of 50 units in 1 requests>"
