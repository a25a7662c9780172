"""One question about each request, and what limiter, routes, rules and meter make of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context

import pytest

from snowshed.core import _clock
from snowshed.core._budget import TaskBudget
from snowshed.errors import Overloaded
from snowshed.shed import (
    AdaptiveLimiter,
    Baggage,
    Criticality,
    FixedLimit,
    Meter,
    RoutePolicy,
    current_baggage,
    degraded,
    set_baggage,
)
from snowshed.shed._admission import Admission, Admitted
from snowshed.shed._effects import Effect, Effects, RequestRule, set_effects
from snowshed.shed._light import LIGHT_MARK
from snowshed.shed._routes import RouteTable


@pytest.fixture(autouse=True)
def no_effects() -> Iterator[None]:
    yield
    set_effects(None)


class Request:
    def __init__(self, tasks: int = 1) -> None:
        self.counted = TaskBudget("GET /feed", None)
        for _ in range(tasks):
            self.counted.add(Running())


class Broken(Meter):
    """A meter with a bug."""

    def __init__(self, what: str = "admitted") -> None:
        super().__init__()
        self.what = what

    def admitted(self, route: str, now: float) -> None:
        if self.what == "admitted":
            raise TypeError

    def finished(self, route: str, now: float, seconds: float, failed: bool) -> None:
        raise TypeError


class Running:
    def done(self) -> bool:
        return False


def made(*, limit: float = 50, enforce: bool = True, **routes: RoutePolicy) -> Admission:
    named = {f"GET /{name}": policy for name, policy in routes.items()}
    limiter = AdaptiveLimiter("api", limit=FixedLimit(limit))
    return Admission(limiter, routes=RouteTable(named), enforce=enforce)


def offer(admission: Admission, path: str = "/feed", **terms: object) -> Admitted:
    """One request, in a context of its own."""

    def ask() -> Admitted:
        return admission.offer("GET", path, **terms)  # type: ignore[arg-type]

    return copy_context().run(ask)


def fill(admission: Admission, units: float) -> None:
    admission.limiter.admit(units)


class TestWhatIsCharged:
    def test_a_route_of_which_nothing_is_known_costs_one_task(self) -> None:
        admission = made()
        offer(admission)
        assert admission.limiter.statistics().inflight == 1

    def test_what_requests_had_alive_is_learned(self) -> None:
        admission = made()
        for _ in range(5):
            offer(admission).finish(Request(8), failed=False)
        offer(admission)
        assert admission.limiter.statistics().inflight == pytest.approx(8)

    def test_nothing_is_learned_from_requests_that_failed_or_whose_client_left(self) -> None:
        admission = made()
        offer(admission).finish(Request(8), failed=True)
        offer(admission).finish(Request(8), failed=False, gone=True)
        assert admission.routes.find("GET", "/feed").learned == 0

    def test_the_template_tells_which_requests_are_alike(self) -> None:
        admission = made()
        offer(admission, "/user/ann").finish(Request(8), failed=False, template="/user/{name}")
        offer(admission, "/user/bob")
        assert admission.limiter.statistics().inflight == pytest.approx(8)

    def test_light_answers_are_learned_apart(self) -> None:
        admission = made()
        offer(admission).finish(Request(20), failed=False)
        fill(admission, 40)
        light = offer(admission)
        assert light.level == "light"
        light.finish(Request(4), failed=False)
        route = admission.routes.find("GET", "/feed")
        assert (route.cost(light=False), route.cost(light=True)) == (20, 4)

    def test_what_turned_light_later_is_learned_as_light(self) -> None:
        admission = made()
        admitted = offer(admission)

        def handle() -> None:
            admitted.handle(Request())
            mark = LIGHT_MARK.get()
            assert mark is not None
            mark.count += 1

        copy_context().run(handle)
        assert admitted.gave_light
        admitted.finish(Request(3), failed=False)
        assert admission.routes.find("GET", "/feed").cost(light=True) == 3

    def test_nothing_is_learned_from_a_request_that_had_less_than_it_needed(self) -> None:
        admission = made()
        request = Request(2)
        request.counted.refused = 1
        offer(admission).finish(request, failed=False)
        assert admission.routes.find("GET", "/feed").learned == 0


class TestWhatOutlivesARequest:
    def test_is_as_free_as_the_service_itself(self) -> None:
        set_effects(Effects(routes={"GET /feed": Effect(degraded=frozenset({"reviews"}))}))
        admission = made()
        fill(admission, 40)
        admitted = offer(admission)
        context = copy_context()
        context.run(admitted.handle, Request())
        mark = context.run(LIGHT_MARK.get)
        assert mark is not None
        assert (mark.level, context.run(degraded, "reviews")) == ("light", True)
        admitted.finish(Request(), failed=False)
        assert (mark.level, context.run(degraded, "reviews")) == ("normal", False)


class TestWhatFails:
    def test_the_meter_costs_no_request_its_units(self) -> None:
        admission = made()
        admission.meter = Broken()
        with pytest.raises(TypeError):
            offer(admission)
        assert admission.limiter.statistics().inflight == 0

    def test_what_fails_at_the_end_is_logged_once(self, caplog: pytest.LogCaptureFixture) -> None:
        admission = made()
        admission.meter = Broken("finished")
        for _ in range(3):
            offer(admission).finish(Request(), failed=False)
        assert admission.limiter.statistics().inflight == 0
        assert caplog.text.count("learning from a request failed") == 1


class TestLoops:
    def test_one_admission_serves_one_loop(self) -> None:
        admission = made()
        one, two = asyncio.new_event_loop(), asyncio.new_event_loop()
        admission.belong_to(one)
        admission.belong_to(one)
        with pytest.raises(RuntimeError, match="make an Admission for each"):
            admission.belong_to(two)
        one.close()
        admission.belong_to(two)
        two.close()


class TestWhatIsGranted:
    def test_a_declared_cost_is_the_budget_of_the_request(self) -> None:
        admission = made(feed=RoutePolicy(cost=32, light=8))
        assert offer(admission).budget == 32
        fill(admission, 10)
        assert offer(admission).budget == 8

    def test_where_no_light_cost_is_declared_a_light_request_may_cost_as_much(self) -> None:
        admission = made(feed=RoutePolicy(cost=32))
        fill(admission, 40)
        admitted = offer(admission)
        assert (admitted.level, admitted.budget) == ("light", 32)

    def test_a_learned_cost_bounds_nobody(self) -> None:
        admission = made()
        offer(admission).finish(Request(8), failed=False)
        assert offer(admission).budget is None

    def test_a_pattern_for_any_path_is_no_health_check(self) -> None:
        admission = made()
        admitted = offer(admission, "/live")
        admitted.finish(Request(), failed=False, template="/{name}")
        assert not admission.routes.find("GET", "/live").bypass
        offer(admission, "/healthz").finish(Request(), failed=False, template="/healthz")
        assert admission.routes.find("GET", "/healthz").bypass

    def test_health_checks_are_always_let_in_and_counted_nowhere(self) -> None:
        admission = made()
        fill(admission, 100)
        admitted = offer(admission, "/healthz")
        assert (admitted.level, admitted.budget, admitted.timeout) == ("normal", None, None)
        admitted.answered()
        admitted.finish(Request(), failed=False)
        assert admission.limiter.statistics().offered == 1
        assert admission.meter.statistics().inflight == 0


class TestClasses:
    def test_a_route_is_of_its_declared_class_and_hands_it_on(self) -> None:
        admission = made(feed=RoutePolicy(criticality="sheddable"))

        def ask() -> Baggage:
            admission.offer("GET", "/feed")
            return current_baggage()

        assert copy_context().run(ask).criticality is Criticality.SHEDDABLE
        fill(admission, 45)
        with pytest.raises(Overloaded) as refused:
            offer(admission)
        assert refused.value.reason == "class"

    @pytest.mark.parametrize(
        ("trusted", "criticality"),
        [(False, Criticality.SHEDDABLE_PLUS), (True, Criticality.CRITICAL)],
    )
    def test_only_a_trusted_caller_can_raise_it(
        self, trusted: bool, criticality: Criticality
    ) -> None:
        admission = made(feed=RoutePolicy(criticality="sheddable-plus"))

        def ask() -> Baggage:
            set_baggage(Baggage(Criticality.CRITICAL, "a"))
            admission.offer("GET", "/feed", trusted=trusted)
            return current_baggage()

        assert copy_context().run(ask) == Baggage(criticality, "a")


class TestRules:
    def test_a_class_can_be_refused(self) -> None:
        set_effects(Effects(Effect(refuse_below=Criticality.CRITICAL_PLUS)))
        admission = made()
        with pytest.raises(Overloaded, match="of class critical") as refused:
            offer(admission)
        assert refused.value.reason == "class"
        assert admission.refused == {"class": 1}

    def test_of_a_sample_the_same_requests_are_let_in_each_time(self) -> None:
        set_effects(Effects(Effect(sample=10)))
        admission = made(limit=1000)

        def passes(request_id: str) -> bool:
            set_baggage(Baggage(None, request_id))
            try:
                admission.offer("GET", "/feed")
            except Overloaded as error:
                return error.reason != "sampled"
            return True

        ids = [f"request-{number}" for number in range(500)]
        first = [copy_context().run(passes, each) for each in ids]
        assert 20 <= sum(first) <= 90
        assert [copy_context().run(passes, each) for each in ids] == first

    def test_a_request_without_an_id_gets_one_so_that_the_next_hop_draws_the_same_lot(
        self,
    ) -> None:
        set_effects(Effects(Effect(sample=2)))
        admission = made(limit=1000)

        def ask() -> str | None:
            with suppress(Overloaded):
                admission.offer("GET", "/feed")
            return current_baggage().request_id

        ids = {copy_context().run(ask) for _ in range(20)}
        assert len(ids) == 20
        assert None not in ids

    def test_a_timeout_tightens(self) -> None:
        set_effects(Effects(Effect(timeout=0.2)))
        assert offer(made()).timeout == 0.2

    def test_features_are_degraded_for_the_request_as_its_route_has_it(self) -> None:
        set_effects(Effects(routes={"GET /feed": Effect(degraded=frozenset({"reviews"}))}))
        admission = made()

        def handled(path: str) -> bool:
            admission.offer("GET", path).handle(Request())
            return degraded("reviews")

        assert copy_context().run(handled, "/feed")
        assert not copy_context().run(handled, "/other")

    def test_a_rule_may_judge_the_request_itself(self) -> None:
        rule = RequestRule(
            "greedy",
            metric="peak_tasks",
            above=10,
            effect=Effect(degraded=frozenset({"reviews"})),
            enforced=True,
        )
        set_effects(Effects(request_rules=[rule]))
        admission = made()
        assert "reviews" not in _effect_of(admission, 5).degraded
        assert "reviews" in _effect_of(admission, 11).degraded

    def test_what_is_refused_is_no_work_for_the_meter_but_demand(self) -> None:
        admission = made()
        offer(admission)
        fill(admission, 100)
        with pytest.raises(Overloaded):
            offer(admission)
        window = admission.meter.window(5, 1e9)
        assert window.offered == 0
        assert admission.meter.statistics().inflight == 1


def _effect_of(admission: Admission, tasks: int) -> Effect:
    admitted = offer(admission)
    copy_context().run(admitted.handle, Request(tasks))
    return admitted.effect()


def test_a_client_that_leaves_is_no_failure_of_the_service() -> None:
    admission = made()
    now = [100.0]
    with _clock.reading(lambda: now[0]):
        offer(admission).finish(Request(), failed=True, gone=True)
        offer(admission).finish(Request(), failed=True)
        now[0] += 1
        window = admission.meter.window(5, now[0])
    assert (window.finished, window.failed) == (2, 1)


class TestADryRun:
    def test_nobody_is_refused_and_who_would_be_is_counted(self) -> None:
        admission = made(enforce=False, feed=RoutePolicy(cost=60, light=5))
        for _ in range(3):
            admitted = offer(admission)
            assert (admitted.level, admitted.budget) == ("normal", None)
        assert admission.refused == {"limit": 2}


class TestServing:
    @pytest.mark.asyncio
    async def test_what_begins_with_the_first_request_begins_once(self) -> None:
        admission = made()
        begun: list[object] = []
        admission.when_serving(begun.append)
        offer(admission)
        offer(admission)
        assert len(begun) == 1

    @pytest.mark.asyncio
    async def test_what_cannot_begin_harms_no_request(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        admission = made()
        admission.when_serving(lambda _loop: 1 / 0)
        offer(admission)
        assert "could not be started" in caplog.text


def test_it_says_how_it_stands() -> None:
    assert repr(made()) == "<Admission enforce <AdaptiveLimiter 'api' 0 of 50 units in 0 requests>>"
