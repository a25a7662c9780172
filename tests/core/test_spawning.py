"""Children are made as the loop wants its tasks made, and counted exactly in every case."""

# ruff: noqa: PT012 - a scope with its whole block is what raises

from __future__ import annotations

import asyncio
import sys

import pytest

import _needs
from _virtual import forever, passes, virtual
from snowshed.core import current_scope, open_scope
from snowshed.core._budget import CURRENT
from snowshed.errors import BudgetExceeded


@virtual
async def test_a_task_factory_sees_every_child_and_the_children_are_counted():
    made = []

    def factory(loop, coro, **kwargs):
        made.append(coro.__name__)
        return asyncio.Task(coro, loop=loop, **kwargs)

    asyncio.get_running_loop().set_task_factory(factory)
    async with open_scope("x", budget=3) as scope:
        await scope.spawn(passes)
        await scope.spawn(passes, name="named")
        await asyncio.create_task(nested(scope))
        with pytest.raises(BudgetExceeded):
            for _ in range(4):
                await scope.spawn(forever)
        scope.cancel("enough")
    assert made == ["passes", "passes", "nested", "passes", "forever", "forever", "forever"]
    asyncio.get_running_loop().set_task_factory(None)


async def nested(scope):
    async with open_scope("other"):
        await (await scope.spawn(passes))


@virtual
async def test_a_factory_that_counts_is_left_to_count():
    counted = []

    def factory(loop, coro, *, context=None, **kwargs):
        budget = CURRENT.get() if context is None else context[CURRENT]
        task = asyncio.Task(coro, loop=loop, context=context, **kwargs)
        budget.add(task)
        counted.append(budget.name)
        return task

    factory.counts_tasks = True
    asyncio.get_running_loop().set_task_factory(factory)
    async with open_scope("x") as scope:
        await scope.spawn(passes)
        async with open_scope("inner"):
            await scope.spawn(passes)
        assert scope.statistics().live == 2
        await scope.detach(passes)
    asyncio.get_running_loop().set_task_factory(None)
    assert counted == ["x", "x", "detached"]


@virtual
async def test_a_factory_that_fails_leaks_neither_place_nor_coroutine():
    def factory(loop, coro, **kwargs):
        raise LookupError

    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)
    async with open_scope("x", limit=1, budget=1) as scope:
        for spawn in (scope.spawn, scope.spawn):
            with pytest.raises(LookupError):
                await spawn(forever)
        loop.set_task_factory(None)
        assert scope._places.available == 1
        assert scope.statistics().live == 0


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@virtual
async def test_eager_children_are_counted_before_they_start_children():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    peak = 0

    async def work(scope, depth):
        nonlocal peak
        peak = max(peak, scope.statistics().live)
        if depth:
            await scope.spawn(work, scope, depth - 1)
        await asyncio.sleep(1)

    with pytest.raises(BudgetExceeded):
        async with open_scope("x", budget=5) as scope:
            await scope.spawn(work, scope, 10)
    loop.set_task_factory(None)
    assert peak == 5
    assert scope.statistics().peak == 5


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@virtual
async def test_an_eager_child_that_is_done_at_once():
    async def value():
        return current_scope().name

    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    async with open_scope("x", budget=1, limit=1) as scope:
        for _ in range(3):
            assert await (await scope.spawn(value)) == "x"
    loop.set_task_factory(None)


def test_on_uvloop():
    _needs.module("uvloop")
    import uvloop

    async def main():
        async with open_scope("x", budget=5, limit=3, timeout=60) as scope:
            for _ in range(20):
                await scope.spawn(passes)
            assert [n async for n in scope.map(asyncio.sleep, [0] * 9)] == [None] * 9
            assert await scope.run_sync(int) == 0
        assert scope.statistics().spawned == 30
        assert scope.statistics().peak <= 5
        with pytest.raises(LookupError):
            async with open_scope("y") as scope:
                await scope.spawn(forever)
                raise LookupError

    uvloop.run(main())
