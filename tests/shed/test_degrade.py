"""A degradable function gives its cheaper answer under pressure, and is otherwise as it was."""

from __future__ import annotations

import asyncio
import inspect

import pytest

import snowshed
from snowshed.shed import _degrade
from snowshed.shed._degrade import (
    DegradableStatistics,
    degradable,
    feature_statistics,
)
from snowshed.shed._effects import Effect, Effects, set_effects
from snowshed.shed._light import LightMark, marking_light
from snowshed.shed._pressure import service_pressure
from snowshed.testing import run_virtual


@pytest.fixture(autouse=True)
def no_features(monkeypatch):
    monkeypatch.setattr(_degrade, "_features", {})


@pytest.fixture
def pressure():
    remove = service_pressure.add("test", lambda: "light")
    yield
    remove()


@pytest.fixture
def switched_off():
    set_effects(Effects(Effect(degraded=frozenset({"recommendations"}))))
    yield
    set_effects(None)


def popular(user: str, n: int = 20) -> list[str]:
    return [f"popular {n}"]


@degradable(light=popular, feature="recommendations")
async def recommend(user: str, n: int = 20) -> list[str]:
    """Whatever this user may like."""
    return [f"for {user} {n}"]


@degradable(light=0)
def total(*values: int) -> int:
    return sum(values)


def test_without_pressure_it_is_the_function():
    assert run_virtual(recommend("ann", n=2)) == ["for ann 2"]
    assert total(1, 2) == 3


def test_under_pressure_it_is_the_light_one_with_the_same_arguments(pressure):
    assert run_virtual(recommend("ann", n=2)) == ["popular 2"]
    assert total(1, 2) == 0


def test_the_light_answer_may_be_async(pressure):
    async def cached(user: str) -> str:
        await asyncio.sleep(1)
        return f"cached for {user}"

    @degradable(light=cached)
    async def fetch(user: str) -> str:
        return f"fresh for {user}"

    assert run_virtual(fetch("ann")) == "cached for ann"


def test_a_feature_that_a_rule_has_switched_off_is_light(switched_off):
    assert run_virtual(recommend("ann")) == ["popular 20"]
    assert total(1, 2) == 3


def test_a_request_that_has_used_up_its_budget_gets_it_without_any_pressure():
    async def main():
        async with snowshed.open_scope("work", budget=2) as scope:
            before = await recommend("ann", 1)
            task = await scope.spawn(asyncio.sleep, 1)
            other = await scope.spawn(asyncio.sleep, 1)
            under = await recommend("ann", 1)
            await asyncio.wait([task, other])
            return before, under, await recommend("ann", 1)

    assert run_virtual(main()) == (["for ann 1"], ["popular 1"], ["for ann 1"])


def test_it_looks_like_what_it_was_made_of():
    assert inspect.iscoroutinefunction(recommend)
    assert not inspect.iscoroutinefunction(total)
    assert recommend.__name__ == "recommend"
    assert recommend.__doc__ == "Whatever this user may like."
    assert str(inspect.signature(recommend)) == "(user: 'str', n: 'int' = 20) -> 'list[str]'"


def test_methods_of_every_kind(pressure):
    class Shop:
        name = "shop"

        @degradable(light=lambda self, n: (self.name, n))
        def method(self, n: int) -> tuple[str, int]:
            raise NotImplementedError

        @classmethod
        @degradable(light=lambda cls, n: (cls.name, n))
        def of_class(cls, n: int) -> tuple[str, int]:
            raise NotImplementedError

        @staticmethod
        @degradable(light=lambda n: ("static", n))
        def static(n: int) -> tuple[str, int]:
            raise NotImplementedError

    assert Shop().method(1) == ("shop", 1)
    assert Shop.of_class(2) == ("shop", 2)
    assert Shop.static(n=3) == ("static", 3)
    assert Shop().method.statistics().light == 1


def test_generators_choose_when_they_are_called(pressure):
    async def few():
        yield 1

    @degradable(light=few)
    async def many():
        for number in range(100):
            yield number

    async def main():
        return [number async for number in many()]

    assert run_virtual(main()) == [1]


def test_errors_of_both_answers_are_errors_of_the_call():
    @degradable(light=lambda: 1 // 0)
    def broken() -> int:
        raise KeyError("full")

    with pytest.raises(KeyError):
        broken()
    remove = service_pressure.add("test", lambda: "light")
    try:
        with pytest.raises(ZeroDivisionError):
            broken()
    finally:
        remove()
    assert (broken.statistics().full, broken.statistics().light) == (1, 1)


def test_a_plain_function_cannot_await_its_light_answer():
    async def cached() -> int:
        return 1

    with pytest.raises(TypeError, match=r"'stock'.* make both async, or give a plain function"):
        degradable(light=cached, feature="stock")(lambda: 2)


def test_only_functions_can_be_degraded():
    with pytest.raises(TypeError, match="put @classmethod and the like above it"):
        degradable(light=1)(classmethod(lambda cls: 2))


def test_it_counts_which_answer_it_gave_and_why(switched_off):
    @degradable(light=1, feature="recommendations")
    def by_rule() -> int:
        return 2

    @degradable(light=1)
    def by_pressure() -> int:
        return 2

    def call():
        return by_rule(), by_pressure()

    assert call() == (1, 2)
    remove = service_pressure.add("test", lambda: "light")
    assert call() == (1, 1)
    remove()
    set_effects(None)
    assert call() == (2, 2)
    assert by_rule.statistics() == DegradableStatistics("recommendations", 1, 2, by_rule=2)
    name = by_pressure.statistics().feature
    assert name.endswith("test_it_counts_which_answer_it_gave_and_why.<locals>.by_pressure")
    assert by_pressure.statistics() == DegradableStatistics(name, 2, 1, by_rule=0)


def test_a_feature_counts_all_of_its_functions(pressure):
    for _ in range(3):
        degradable(light=1, feature="prices")(lambda: 2)()
    assert feature_statistics() == (DegradableStatistics("prices", 0, 3, 0),)


def test_features_made_at_run_time_are_bounded(pressure):
    for number in range(_degrade.FEATURES_AT_MOST + 50):
        degradable(light=1, feature=f"feature {number}")(lambda: 2)()
    found = feature_statistics()
    assert len(found) == _degrade.FEATURES_AT_MOST + 1
    assert found[-1] == DegradableStatistics("other", 0, 50, 0)


def test_a_request_learns_that_one_of_its_tasks_gave_a_light_answer(pressure):
    async def main():
        with marking_light(LightMark()) as mark:
            await asyncio.gather(recommend("ann"), asyncio.to_thread(total, 1))
            with marking_light(LightMark()) as other:
                pass
        await recommend("bob")
        return mark.count, other.count

    assert asyncio.run(main()) == (2, 0)


def test_threads_know_the_services_level(pressure):
    assert asyncio.run(asyncio.to_thread(total, 1, 2)) == 0
