"""Each task is counted once, whoever calls the factory, with whatever arguments, in any chain."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from typing import TYPE_CHECKING

import anyio
import pytest

import _needs
from _virtual import virtual
from attach._attached import attached
from snowshed.attach._runtime import Runtime
from snowshed.attach._settings import Settings
from snowshed.attach._task_factory import counting
from snowshed.core import open_scope

if TYPE_CHECKING:
    from snowshed.observe._registry._table import SiteTable

EAGER = pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
LOOPS = ["asyncio", "uvloop"]


def loop_factory(loop_kind):
    if loop_kind == "asyncio":
        return asyncio.new_event_loop
    _needs.module("uvloop")
    import uvloop

    return uvloop.new_event_loop


def run_on(loop_kind, main):
    """Run ``main()`` on a loop of the kind."""
    with asyncio.Runner(loop_factory=loop_factory(loop_kind)) as runner:
        return runner.run(main())


async def counted(scope):
    """How many tasks the scope has counted, and how many of them live."""
    statistics = scope.statistics()
    return statistics.spawned, statistics.live


async def work():
    await asyncio.sleep(0)
    return "done"


# --- the arguments that loops pass (core study, 3.2)


@pytest.mark.parametrize("loop_kind", LOOPS)
def test_a_task_is_counted_until_it_has_ended(loop_kind):
    async def main():
        with attached():
            async with open_scope("x") as scope:
                tasks = [asyncio.create_task(work()) for _ in range(3)]
                during = await counted(scope)
                assert await asyncio.gather(*tasks) == ["done"] * 3
                return during, await counted(scope)

    assert run_on(loop_kind, main) == ((3, 3), (3, 0))


@pytest.mark.parametrize("loop_kind", LOOPS)
def test_name_and_context_arrive(loop_kind):
    variable = contextvars.ContextVar("variable")

    async def read():
        return variable.get(), asyncio.current_task().get_name()

    async def main():
        context = contextvars.copy_context()
        context.run(variable.set, "given")
        with attached():
            return await asyncio.create_task(read(), name="named", context=context)

    assert run_on(loop_kind, main) == ("given", "named")


@pytest.mark.parametrize("loop_kind", LOOPS)
def test_a_task_belongs_to_the_scope_of_the_context_that_it_is_given(loop_kind):
    async def main():
        outside = contextvars.copy_context()
        with attached():
            async with open_scope("x") as scope:
                inside = contextvars.copy_context()
                await asyncio.create_task(work(), context=outside)
                escaped = await counted(scope)
                loop = asyncio.get_running_loop()
                await outside.run(loop.create_task, work(), context=inside)
                return escaped, await counted(scope)

    assert run_on(loop_kind, main) == ((0, 0), (1, 0))


@pytest.mark.parametrize(
    "arguments",
    [
        {},  # asyncio
        {"context": None},  # uvloop
        {"context": None, "eager_start": None},  # uvloop from Python 3.13 on
        {"context": None, "name": None},  # asyncio 3.13.3
        {"name": "x", "context": None, "eager_start": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("uvloop", [False, True])
@virtual
async def test_what_some_loop_passes_is_understood(arguments, uvloop):
    if not uvloop and "eager_start" in arguments and sys.version_info < (3, 12):
        return  # asyncio's loops pass it from 3.14 on only
    loop = asyncio.get_running_loop()
    factory = counting(Unasked(), blank(loop), None, uvloop=uvloop)
    async with open_scope("x") as scope:
        assert await factory(loop, work(), **arguments) == "done"
        assert scope.statistics().spawned == 1


def blank(loop: asyncio.AbstractEventLoop) -> SiteTable:
    return Runtime(Settings()).registry.table(loop)


class Unasked:
    """A turnstile that must not be asked: there is room."""

    def decide(self, budget, loop, coro):
        raise AssertionError


# --- other factories, before and after ours


class Chained:
    """A factory of somebody's: it may call the one that was there, as Sentry's does."""

    def __init__(self, loop, *, asks):
        self.called = 0
        self.before = loop.get_task_factory() if asks else None

    def __call__(self, loop, coro, **kwargs):
        self.called += 1
        if self.before is None:
            return asyncio.Task(coro, loop=loop, **kwargs)

        async def wrapped():
            return await coro

        return self.before(loop, wrapped(), **kwargs)


@pytest.mark.parametrize("when", ["before", "after", "twice after"])
@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("loop_kind", LOOPS)
def test_a_task_is_counted_once_whoever_was_first(loop_kind, when, asks):
    async def main():
        loop = asyncio.get_running_loop()
        chained = Chained(loop, asks=asks)
        if when == "before":
            loop.set_task_factory(chained)
        with attached():
            if when != "before":
                chained = Chained(loop, asks=asks)
                loop.set_task_factory(chained)
            if when == "twice after":
                loop.set_task_factory(Chained(loop, asks=True))
            async with open_scope("x") as scope:
                results = await asyncio.gather(*(work() for _ in range(20)))
                return results == ["done"] * 20, await counted(scope), chained.called

    assert run_on(loop_kind, main) == (True, (20, 0), 20)


@virtual
async def test_a_factory_that_knows_no_keywords_is_never_given_empty_ones():
    def strict(loop, coro):
        return asyncio.Task(coro, loop=loop)

    loop = asyncio.get_running_loop()
    factory = counting(Unasked(), blank(loop), strict, uvloop=True)
    assert await factory(loop, work(), context=None, eager_start=None) == "done"


@pytest.mark.parametrize("order", ["sentry first", "sentry later"])
@virtual
async def test_sentry(order):
    """The real one: it wraps each coroutine, and would wrap it again for each time it is asked."""
    _needs.module("sentry_sdk")
    from sentry_sdk.integrations.asyncio import patch_asyncio

    loop = asyncio.get_running_loop()
    if order == "sentry first":
        patch_asyncio()
    with attached(mode="enforce", budget=2):
        patch_asyncio()
        patch_asyncio()
        async with open_scope("x", budget=3) as scope:
            assert await asyncio.gather(*(work() for _ in range(3))) == ["done"] * 3
            assert await counted(scope) == (3, 0)
    loop.set_task_factory(None)


# --- eager tasks (3.3)


@EAGER
@pytest.mark.parametrize("loop_kind", LOOPS)
@pytest.mark.parametrize("when", ["before", "after", "chained after"])
def test_an_eager_task_is_counted_before_it_runs(loop_kind, when):
    """It makes its children before it is there itself: with neither, budgets would be exceeded."""

    async def child(scope, depth):
        statistics = scope.statistics()
        seen.append((statistics.spawned, statistics.live))
        if depth:
            await asyncio.create_task(child(scope, depth - 1))
        await asyncio.sleep(0)

    seen: list[tuple[int, int]] = []

    async def main():
        loop = asyncio.get_running_loop()
        if when == "before":
            loop.set_task_factory(asyncio.eager_task_factory)
        with attached():
            if when != "before":
                loop.set_task_factory(asyncio.eager_task_factory)
            if when == "chained after":
                loop.set_task_factory(Chained(loop, asks=True))
            async with open_scope("x") as scope:
                await asyncio.create_task(child(scope, 2))
                found = await counted(scope)
            # With uvloop 0.23 on Python 3.13 it works only inside of ours.
            loop.set_task_factory(None)
        return found

    assert run_on(loop_kind, main) == (3, 0)
    assert seen == [(1, 1), (2, 2), (3, 3)]


@EAGER
@virtual
async def test_a_task_that_ended_at_once_is_never_asked_for_its_coroutine():
    """CPython 3.12.1 crashes when it is."""

    async def at_once():
        return 1

    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    with attached(budget=50) as runtime:
        async with open_scope("x", budget=5) as scope:
            for _ in range(100):
                assert await asyncio.create_task(at_once()) == 1
            assert await counted(scope) == (100, 0)
        assert runtime.statistics().failures == 0
    loop.set_task_factory(None)


@EAGER
@pytest.mark.parametrize("loop_kind", LOOPS)
def test_anyio_works_with_the_eager_factory_as_without_us(loop_kind):
    """It recognises that factory by its code, and fails with one that is wrapped."""
    if loop_kind == "uvloop" and sys.version_info >= (3, 13):
        pytest.skip("there uvloop 0.23 and the eager factory do not work together, with or without")

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        with attached():
            async with open_scope("x") as scope:
                async with anyio.create_task_group() as group:
                    for _ in range(3):
                        group.start_soon(work)
                with anyio.move_on_after(1):
                    async with anyio.create_task_group() as group:
                        group.start_soon(anyio.sleep, 0)
                found = await counted(scope)
            asyncio.get_running_loop().set_task_factory(None)
        return found

    assert run_on(loop_kind, main) == (4, 0)


@EAGER
@virtual
async def test_a_constructor_of_the_users_own_is_kept():
    class Mine(asyncio.Task):
        pass

    loop = asyncio.get_running_loop()
    with attached():
        loop.set_task_factory(asyncio.create_eager_task_factory(Mine))
        async with open_scope("x") as scope:
            task = asyncio.create_task(work())
            assert type(task) is Mine
            assert await task == "done"
            assert await counted(scope) == (1, 0)
    loop.set_task_factory(None)


@EAGER
@virtual
async def test_an_eager_task_that_fails_to_start_is_not_counted_for_ever():
    def broken(coro, **kwargs):
        raise MemoryError

    loop = asyncio.get_running_loop()
    with attached():
        loop.set_task_factory(asyncio.create_eager_task_factory(broken))
        async with open_scope("x") as scope:
            coro = work()
            with pytest.raises(MemoryError):
                asyncio.create_task(coro)
            coro.close()
            assert await counted(scope) == (1, 0)
        loop.set_task_factory(None)


# --- other threads


def test_a_loop_of_another_thread_takes_nothing_off_the_list():
    """asgiref runs loops in threads, in the context of the request. Budgets belong to one loop."""

    async def many():
        return len(await asyncio.gather(*(work() for _ in range(100))))

    async def main():
        with attached(mode="enforce") as runtime:

            def attached_loop():
                loop = asyncio.new_event_loop()
                runtime.install(loop)
                return loop

            def in_thread():
                with asyncio.Runner(loop_factory=attached_loop) as runner:
                    return runner.run(many())

            async with open_scope("x", budget=20) as scope:
                tasks = [asyncio.create_task(asyncio.sleep(0.2)) for _ in range(5)]
                assert await asyncio.to_thread(in_thread) == 100
                live = scope.statistics().live
                await asyncio.gather(*tasks)
            return live, runtime.statistics().failures

    assert asyncio.run(main()) == (5, 0)
