"""Starting children: counted, limited, refused; thread jobs, levels, statistics."""

# ruff: noqa: PT012 - a scope with its whole block is what raises

from __future__ import annotations

import asyncio
import functools
import threading
from contextvars import ContextVar

import pytest

from _virtual import fail, forever, passes, virtual
from snowshed.core import ScopeStatistics, _hooks, _threads, current_scope, open_scope, remaining
from snowshed.errors import BudgetExceeded, ClosedResourceError, DeadlineExceeded, WouldBlock

REQUEST: ContextVar[str] = ContextVar("request")


async def echo(value):
    await passes()
    return value


# --- spawn


@virtual
async def test_spawn_starts_the_function_with_its_arguments_and_returns_its_task():
    async with open_scope("x") as scope:
        task = await scope.spawn(echo, 42, name="answer")
        assert isinstance(task, asyncio.Task)
        assert task.get_name() == "answer"
        assert await task == 42
        assert await scope.spawn_nowait(functools.partial(echo, 43)) == 43


@virtual
async def test_a_coroutine_instead_of_a_function_is_an_error_that_names_the_cure():
    async with open_scope("x", limit=1) as scope:
        for spawn in (scope.spawn_nowait, scope.detach):
            with pytest.raises(TypeError, match=r"\(echo, \.\.\.\) instead of \w+\(echo\("):
                spawn(echo(1))
        with pytest.raises(TypeError, match="run_sync"):
            await scope.spawn(len, "plain")
        assert scope.statistics().spawned == 0
        await scope.spawn(echo, 1)  # none of them kept the place


@virtual
async def test_a_spawn_that_fails_gives_its_place_back():
    async with open_scope("x", limit=1) as scope:
        with pytest.raises(TypeError, match="missing 1 required positional argument"):
            await scope.spawn(echo)
        await scope.spawn(echo, 1)


@virtual
async def test_a_child_belongs_to_the_scope_that_started_it_wherever_it_was_started():
    async def where(expected):
        assert current_scope() is expected

    async with open_scope("outer") as outer, open_scope("inner") as inner:
        await outer.spawn(where, outer)
        await inner.spawn(where, inner)

        async def from_elsewhere():
            async with open_scope("other") as other:
                await inner.spawn(where, inner)
                await inner.spawn(where, inner, name="named")
                await where(other)

        await asyncio.create_task(from_elsewhere())
        assert inner.statistics().spawned == 3
        assert outer.statistics().spawned == 4


@virtual
async def test_a_child_sees_the_context_of_the_code_that_started_it():
    async def request():
        return REQUEST.get()

    async with open_scope("x") as scope, open_scope("inner"):
        REQUEST.set("from the block")
        assert await (await scope.spawn(request)) == "from the block"


@virtual
async def test_nothing_is_started_before_the_scope_is_entered_or_after_it_ended():
    scope = open_scope("x")
    with pytest.raises(RuntimeError, match="'x' is not entered yet; use 'async with"):
        await scope.spawn(forever)
    async with scope:
        pass
    for start in (scope.spawn_nowait, functools.partial(scope.map, items=[1])):
        with pytest.raises(ClosedResourceError, match="scope 'x' is closed"):
            start(echo)
    for start in (scope.spawn, scope.run_sync):
        with pytest.raises(ClosedResourceError, match="scope 'x' is closed"):
            await start(echo)


@virtual
async def test_nothing_is_started_in_a_scope_that_is_ending_and_it_says_why():
    async with open_scope("x") as scope:
        scope.cancel("enough")
        with pytest.raises(ClosedResourceError, match=r"'x' is ending \(enough\)"):
            scope.spawn_nowait(forever)


# --- budget


@virtual
async def test_over_its_budget_a_scope_refuses_and_nothing_was_created():
    async with open_scope("x", budget=2) as scope:
        await scope.spawn(forever)
        await scope.spawn(forever)
        for _ in range(3):
            with pytest.raises(BudgetExceeded) as caught:
                await scope.spawn(forever)
        assert (caught.value.scope, caught.value.live, caught.value.budget) == ("x", 2, 2)
        assert scope.statistics().refused == 3
        scope.cancel("enough")


@virtual
async def test_a_place_in_the_budget_is_free_at_once_when_a_task_has_ended():
    async with open_scope("x", budget=1) as scope:
        for value in range(20):
            assert await (await scope.spawn(echo, value)) == value


@virtual
async def test_the_tightest_budget_of_the_lineage_refuses_and_names_itself():
    async with open_scope("outer", budget=3) as outer, open_scope("inner") as inner:
        await outer.spawn(forever)
        await inner.spawn(forever)
        await inner.spawn(forever)
        with pytest.raises(BudgetExceeded, match="'outer' holds 3 live tasks and its budget is 3"):
            await inner.spawn(forever)
        assert outer.statistics().refused == 1
        assert inner.statistics().refused == 0
        inner.cancel("enough")
        outer.cancel("enough")


@virtual
async def test_grandchildren_count():
    async def child():
        async with open_scope("inner", budget=None) as inner:
            await inner.spawn(forever)
            await inner.spawn(forever)

    async with open_scope("outer", budget=3) as outer:
        await outer.spawn(child)
        await passes()
        assert outer.statistics().live == 3
        with pytest.raises(BudgetExceeded):
            await outer.spawn(forever)
        outer.cancel("enough")
    assert outer.statistics().peak == 3


@virtual
async def test_a_scope_of_another_loop_does_not_count_here_but_keeps_the_deadline():
    def blocking():
        async def main():
            async with open_scope("inner", budget=1) as inner:
                await (await inner.spawn(asyncio.sleep, 0))
                return inner._budget.parent, inner.remaining()

        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(main())
        finally:
            loop.close()

    async with open_scope("outer", timeout=7) as outer:
        assert await outer.run_sync(blocking) == (None, 7)


# --- limit


@virtual
async def test_with_a_limit_spawn_waits_for_a_place_in_order():
    running = peak = 0
    order = []

    async def work(number):
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        order.append(number)
        await asyncio.sleep(1)
        running -= 1

    async with open_scope("x", limit=3) as scope:
        for number in range(10):
            await scope.spawn(work, number)
            assert running <= 3
        assert scope.statistics().limit == 3
    assert peak == 3
    assert order == list(range(10))
    assert asyncio.get_running_loop().time() == 4


@virtual
async def test_spawn_nowait_refuses_where_spawn_would_wait():
    async with open_scope("x", limit=2) as scope:
        scope.spawn_nowait(echo, 1)
        scope.spawn_nowait(echo, 1)
        with pytest.raises(WouldBlock, match="'x' runs 2 children, its limit is 2"):
            scope.spawn_nowait(echo, 1)


@virtual
async def test_waiting_for_a_place_has_a_timeout_of_its_own():
    async with open_scope("x", limit=1) as scope:
        await scope.spawn(forever)
        with pytest.raises(DeadlineExceeded, match=r"waited 2\.000 s for a place under its limit"):
            await scope.spawn(forever, timeout=2)
        assert asyncio.get_running_loop().time() == 2
        assert scope.statistics().waiting == 0
        scope.cancel("enough")


@virtual
async def test_a_cancelled_wait_for_a_place_takes_none():
    async with open_scope("x", limit=1) as scope:
        await scope.spawn(asyncio.sleep, 5)
        waiting = [asyncio.create_task(scope.spawn(echo, 1)) for _ in range(3)]
        await passes()
        assert scope.statistics().waiting == 3
        for task in waiting:
            task.cancel()
        await asyncio.sleep(5)
        assert await (await scope.spawn(echo, 2)) == 2
        assert scope.statistics().spawned == 2


@virtual
async def test_a_full_budget_refuses_before_it_waits_for_a_place():
    async with open_scope("x", budget=1, limit=1) as scope:
        await scope.spawn(forever)
        with pytest.raises(BudgetExceeded):
            await scope.spawn(forever)
        scope.cancel("enough")


@virtual
async def test_a_stranger_that_waits_for_a_place_is_refused_when_the_scope_ends():
    async with open_scope("x", limit=1) as scope:
        await scope.spawn(asyncio.sleep, 1)
        strangers = [asyncio.create_task(scope.spawn(forever)) for _ in range(3)]
        await passes()
        scope.cancel("enough")
    for stranger in strangers:
        with pytest.raises(ClosedResourceError):
            await stranger


@virtual
async def test_failing_and_cancelled_children_give_their_places_back():
    async with open_scope("x", limit=2) as scope:
        for _ in range(5):
            child = await scope.spawn(forever)
            await passes()
            child.cancel()
            scope.spawn_nowait(echo, 1).cancel()
            await passes()
        assert scope._places.available == 2


# --- the level


@virtual
async def test_the_level_follows_the_budget():
    async with open_scope("x", budget=8, light_below=0.5) as scope:
        levels = []
        for _ in range(8):
            levels.append(scope.level)
            await scope.spawn(forever)
        assert levels == ["normal"] * 5 + ["light"] * 3
        assert scope.level == "exhausted"
        assert scope.choose("full", "light") == "light"
        scope.cancel("enough")
    assert scope.level == "normal"
    assert scope.choose("full", "light") == "full"


@virtual
async def test_the_level_is_the_worst_of_the_budgets_around_and_the_pressure():
    async with open_scope("outer", budget=2) as outer, open_scope("inner", budget=None) as inner:
        assert inner.level == "normal"
        await outer.spawn(forever)
        await outer.spawn(forever)
        assert inner.level == "exhausted"
        outer.cancel("enough")
    _hooks.pressure_from(lambda: "light")
    try:
        async with open_scope("x") as scope:
            assert scope.level == "light"
    finally:
        _hooks.pressure_from(None)


# --- what a scope tells


@virtual
async def test_statistics():
    async with open_scope("x", budget=5, limit=2, timeout=9) as scope:
        await scope.spawn(forever)
        await scope.spawn(asyncio.sleep, 1)
        waiting = asyncio.create_task(scope.spawn(fail, LookupError(), 1))
        await asyncio.sleep(0.5)
        assert scope.statistics() == ScopeStatistics(
            name="x",
            budget=5,
            limit=2,
            live=2,
            peak=2,
            spawned=2,
            refused=0,
            waiting=1,
            failed=0,
            level="normal",
            remaining=8.5,
        )
        waiting.cancel()
        scope.cancel("enough")
    assert scope.statistics().live == 0
    assert scope.statistics().spawned == 2


@virtual
async def test_remaining_and_deadline():
    async with open_scope("x") as scope:
        assert scope.remaining() is None
        assert scope.deadline is None
        assert remaining() is None
    with pytest.raises(DeadlineExceeded):
        async with open_scope("x", timeout=5, reserve=2) as scope:
            assert scope.remaining() == remaining() == 3
            assert scope.deadline == 3
            try:
                await forever()
            finally:
                assert scope.remaining() == 2  # the reserve
                await asyncio.sleep(3)
                assert scope.remaining() == 0


@virtual
async def test_a_scope_may_be_asked_in_threads():
    def blocking():
        scope = current_scope()
        return scope.name, scope.remaining(), remaining(), threading.current_thread().name

    async with open_scope("x", timeout=9) as scope:
        name, one, other, thread = await scope.run_sync(blocking)
    assert (name, one, other) == ("x", 9, 9)
    assert thread.startswith("snowshed")
    assert _threads.THREADS == 40
