"""A request that was let in for a light answer gives one, whatever becomes of the pressure."""

from __future__ import annotations

import asyncio

import pytest

import snowshed
from snowshed.shed._degrade import degradable
from snowshed.shed._light import LightMark, marking_light
from snowshed.shed._pressure import current_level, service_pressure


@degradable(light="light")
def answer() -> str:
    return "full"


@pytest.fixture(autouse=True)
def calm():
    """A limiter measures the service, and it is calm."""
    remove = service_pressure.add("test", lambda: "normal")
    yield
    remove()


def test_a_light_request_stays_light_in_a_calm_service():
    with marking_light(LightMark("light")) as mark:
        assert (current_level(), answer(), mark.count) == ("light", "light", 1)
    assert (current_level(), answer()) == ("normal", "full")


def test_a_normal_request_becomes_light_with_the_service():
    with marking_light(LightMark()) as mark:
        assert (answer(), mark.count) == ("full", 0)
        remove = service_pressure.add("other", lambda: "light")
        assert (answer(), mark.count) == ("light", 1)
        remove()


def test_scopes_tasks_and_threads_of_the_request_know():
    async def main():
        async with snowshed.open_scope("work") as scope:
            task = await scope.spawn(child)
            return scope.level, scope.choose(20, 5), await task, await asyncio.to_thread(answer)

    async def child() -> str:
        return answer()

    with marking_light(LightMark("light")) as mark:
        assert asyncio.run(main()) == ("light", 5, "light", "light")
        assert mark.count == 2


def test_one_request_does_not_make_the_service_light():
    with marking_light(LightMark("light")):
        assert service_pressure.level() == "normal"
        assert service_pressure.statistics().level == "normal"


def test_requests_do_not_see_each_others_marks():
    async def request(level: str) -> tuple[str, int]:
        with marking_light(LightMark(level)) as mark:
            await asyncio.sleep(0)
            return answer(), mark.count

    async def main():
        return await asyncio.gather(request("light"), request("normal"), request("light"))

    assert asyncio.run(main()) == [("light", 1), ("full", 0), ("light", 1)]


def test_repr_says_what_it_is():
    assert repr(LightMark("light")) == "<LightMark light, 0 light answers>"
