"""Scopes keep nothing: they are freed without the garbage collector, with all that they ran."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from _virtual import fail, forever, passes, virtual
from snowshed.core import open_scope


class Oops(Exception):  # unlike built-in ones it can be referred to weakly
    pass


@pytest.fixture
def no_gc():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_scope_and_its_tasks_are_freed_at_once(no_gc):
    @virtual
    async def main():
        class Result:
            pass

        async def work():
            return Result()

        async def use():
            async with open_scope("x", timeout=5, limit=10) as scope:
                tasks = [await scope.spawn(work) for _ in range(20)]
                results = [weakref.ref(await task) for task in tasks]
                mapped = [weakref.ref(r) async for r in scope.map(lambda _: work(), range(3))]
                await scope.run_sync(int)
            return [weakref.ref(scope), *map(weakref.ref, tasks), *results, *mapped]

        references = await use()
        await passes()
        assert [ref() for ref in references if ref() is not None] == []

    main()


@pytest.mark.parametrize("ending", ["child fails", "block fails", "deadline", "cancel", "outside"])
def test_a_scope_that_ended_early_is_freed_at_once(no_gc, ending):
    async def block(references):
        async with open_scope("x", timeout=2 if ending == "deadline" else 9) as scope:
            references.append(weakref.ref(scope))
            references.append(weakref.ref(await scope.spawn(forever)))
            if ending == "child fails":
                references.append(weakref.ref(await scope.spawn(fail, LookupError(), 1)))
            elif ending == "block fails":
                raise LookupError
            elif ending == "cancel":
                scope.cancel("enough")
            elif ending == "outside":
                asyncio.current_task().cancel()
            await forever()

    @virtual
    async def main():
        references = []
        task = asyncio.create_task(block(references))
        await asyncio.wait([task])
        references.append(weakref.ref(task))
        if not task.cancelled():
            task.exception()
        del task
        await passes()
        assert [ref() for ref in references if ref() is not None] == []

    main()


@pytest.mark.parametrize("cleanup", ["ends", "fails"])
def test_a_raised_error_does_not_refer_to_itself(no_gc, cleanup):
    async def block():
        async with open_scope("x") as scope:
            scope.spawn_nowait(fail, Oops("child"), 1)
            try:
                await forever()
            finally:
                if cleanup == "fails":
                    raise ValueError

    @virtual
    async def main():
        references = []
        try:
            await block()
        except Oops as error:
            references.append(weakref.ref(error))
        await passes()
        assert references[0]() is None

    main()


@virtual
async def test_results_of_ended_children_are_not_kept_while_the_scope_is_open():
    """aiotools and aiorpcX kept each ended task of a group that stayed open."""
    alive = weakref.WeakSet()

    class Result:
        pass

    async def work():
        result = Result()
        alive.add(result)
        return result

    async def use(scope):
        for task in [await scope.spawn(work) for _ in range(1000)]:
            await task

    async with open_scope("x", budget=None) as scope:
        await scope.spawn(forever)
        await use(scope)
        await passes()
        gc.collect()
        assert len(alive) <= 64
        scope.cancel("enough")


@virtual
async def test_results_of_inner_scopes_are_not_kept_by_the_outer_one():
    alive = weakref.WeakSet()

    class Result:
        pass

    async def work():
        result = Result()
        alive.add(result)
        return result

    async def inner():
        async with open_scope("inner", budget=None) as scope:
            for _ in range(1000):
                await scope.spawn(work)

    async with open_scope("outer", budget=None):
        await inner()
        await passes()
        gc.collect()
        assert len(alive) <= 64


@virtual
async def test_a_context_that_outlives_the_request_pins_neither_scope_nor_tasks():
    """A pooled connection's task, and even a cancelled timer, keep the context they began in."""
    loop = asyncio.get_running_loop()

    async def request():
        async with open_scope("x", timeout=9) as scope:
            timer = loop.call_later(1000, print)
            child = await scope.spawn(passes)
            pooled = asyncio.create_task(forever())
            await child
            return weakref.ref(scope), weakref.ref(child), timer, pooled

    scope, child, timer, pooled = await request()
    await passes()
    gc.collect()
    assert scope() is None
    assert child() is None
    timer.cancel()
    pooled.cancel()


@virtual
async def test_a_timer_of_a_scope_runs_in_no_context_that_another_thread_may_be_in():
    """A context can be entered once at a time: shared by loops of two threads it would raise."""
    async with open_scope("x", timeout=9) as one, open_scope("y", timeout=8) as other:
        assert one._timer._context is not other._timer._context
        assert list(one._timer._context) == []
