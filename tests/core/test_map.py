"""A map runs few tasks for any number of items, in constant memory, and ends with its consumer."""

# ruff: noqa: PT012 - a scope with its whole block is what raises

from __future__ import annotations

import asyncio
import itertools
import sys

import pytest

from _virtual import forever, passes, virtual
from snowshed.core import open_scope
from snowshed.errors import BudgetExceeded, ClosedResourceError


async def double(number):
    await asyncio.sleep(10 / (number + 1))
    return 2 * number


async def stream(items, closed=None):
    try:
        for item in items:
            await asyncio.sleep(0)
            yield item
    finally:
        if closed is not None:
            closed.append(True)


def both(items):
    return pytest.mark.parametrize("source", [lambda: items, lambda: stream(items)])


@both(range(20))
@virtual
async def test_results_come_in_the_order_of_the_items(source):
    async with open_scope("x") as scope:
        assert [n async for n in scope.map(double, source())] == [2 * n for n in range(20)]


@both(range(4))
@virtual
async def test_unordered_results_come_as_they_are_ready(source):
    async with open_scope("x") as scope:
        assert [n async for n in scope.map(double, source(), ordered=False)] == [6, 4, 2, 0]


@both(())
@virtual
async def test_no_items_no_results(source):
    async with open_scope("x") as scope:
        assert [n async for n in scope.map(double, source())] == []


@pytest.mark.parametrize("ordered", [True, False])
@both(range(50))
@virtual
async def test_at_most_limit_tasks_run(source, ordered):
    running = peak = 0

    async def work(number):
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(1 + number % 3)
        running -= 1

    async with open_scope("x") as scope:
        results = [n async for n in scope.map(work, source(), limit=4, ordered=ordered)]
    assert len(results) == 50
    assert peak == 4


@virtual
async def test_without_a_limit_the_scopes_counts_and_else_ten():
    for limit, expected in ((3, 3), (None, 10)):
        async with open_scope("x", limit=limit) as scope:
            mapped = scope.map(double, itertools.count())
            await anext(mapped)
            assert repr(mapped).endswith(f"limit={expected}>")


@pytest.mark.parametrize("limit", [0, -1])
@virtual
async def test_a_limit_is_positive(limit):
    async with open_scope("x") as scope:
        with pytest.raises(ValueError, match=f"'x': limit must be positive, not {limit}"):
            scope.map(double, [1], limit=limit)


@both(range(30))
@virtual
async def test_a_budget_smaller_than_the_limit_means_fewer_at_once(source):
    async with open_scope("x", budget=3) as scope:
        results = [n async for n in scope.map(double, source(), limit=20)]
    assert results == [2 * n for n in range(30)]
    assert scope.statistics().peak == 3


@both(range(3))
@virtual
async def test_a_budget_without_room_for_one_refuses(source):
    with pytest.raises(BudgetExceeded):
        async with open_scope("x", budget=1) as scope:
            await scope.spawn(forever)
            async for _ in scope.map(double, source()):
                pass


@pytest.mark.parametrize("limit", [1, 2])
@both(range(10))
@virtual
async def test_reading_the_source_takes_no_place_of_the_scope(source, limit):
    async with open_scope("x", limit=limit) as scope:
        assert len([n async for n in scope.map(double, source())]) == 10


@both(range(5))
@virtual
async def test_a_map_waits_for_the_places_that_others_hold(source):
    async with open_scope("x", limit=1) as scope:
        await scope.spawn(asyncio.sleep, 100)
        assert len([n async for n in scope.map(double, source())]) == 5
        assert asyncio.get_running_loop().time() > 100


@virtual
async def test_a_map_of_a_hundred_thousand_items_keeps_nothing():
    async def work(number):
        return object()

    blocks = []

    def counted():
        for number in range(100_000):
            if number in (1000, 99_999):
                blocks.append(sys.getallocatedblocks())
            yield number

    async with open_scope("x", budget=20) as scope:
        async for _ in scope.map(work, counted(), limit=10, ordered=False):
            pass
        assert scope.statistics().spawned == 100_000
        assert scope.statistics().peak == 10
    assert blocks[1] - blocks[0] < 1000


@virtual
async def test_an_endless_stream_is_read_no_faster_than_results_are_taken():
    read = 0

    async def endless():
        nonlocal read
        while True:
            await asyncio.sleep(0)
            read += 1
            yield read

    async with open_scope("x") as scope:
        taken = 0
        async for _ in scope.map(double, endless(), limit=5):
            taken += 1
            await asyncio.sleep(20)
            assert read <= taken + 5 + 1
            if taken == 20:
                break


# --- failures


@pytest.mark.parametrize("ordered", [True, False])
@both(range(20))
@virtual
async def test_an_item_that_fails_ends_the_scope_and_its_error_is_raised_itself(source, ordered):
    error = LookupError()

    async def work(number):
        if number == 7:
            raise error
        await passes()
        return number

    with pytest.raises(LookupError) as caught:
        async with open_scope("x") as scope:
            async for _ in scope.map(work, source(), ordered=ordered):
                pass
    assert caught.value is error
    assert scope.errors == ()


@virtual
async def test_a_source_that_fails_ends_the_scope():
    def failing():
        yield 1
        raise LookupError

    async def failing_stream():
        yield 1
        raise LookupError

    for source in (failing(), failing_stream()):
        with pytest.raises(LookupError):
            async with open_scope("x") as scope:
                async for _ in scope.map(double, source):
                    pass


@virtual
async def test_a_cancelled_wait_for_a_result_loses_no_item():
    async with open_scope("x") as scope:
        mapped = scope.map(double, range(5), limit=2)
        results = []
        while len(results) < 5:
            try:
                async with asyncio.timeout(0.7):
                    results.append(await anext(mapped))
            except TimeoutError:
                pass
        assert results == [0, 2, 4, 6, 8]


# --- left early


@pytest.mark.parametrize("ordered", [True, False])
@virtual
async def test_a_loop_left_early_ends_when_the_scope_is_left(ordered):
    async def only_the_first(number):
        if number:
            await forever()

    closed = []
    async with open_scope("x") as scope:
        for source in (stream(itertools.count(), closed), itertools.count()):
            async for _ in scope.map(only_the_first, source, ordered=ordered):
                break
        assert scope.statistics().live > 10
    assert closed == [True]
    assert scope.reason is None


@virtual
async def test_aclose_ends_a_map_at_once():
    closed = []
    async with open_scope("x") as scope:
        mapped = scope.map(double, stream(itertools.count(), closed))
        await anext(mapped)
        await mapped.aclose()
        await mapped.aclose()
        assert closed == [True]
        assert scope.statistics().live == 0
        assert [n async for n in mapped] == []


@virtual
async def test_a_loop_that_a_child_left_early_ends_with_the_child():
    closed = []

    async def child(scope):
        async for _ in scope.map(double, stream(itertools.count(), closed)):
            break
        await asyncio.sleep(100)

    async with open_scope("x") as scope:
        await scope.spawn(child, scope)
    assert closed == [True]
    assert asyncio.get_running_loop().time() < 200


@both(range(30))
@virtual
async def test_a_map_in_a_child_goes_on_when_the_block_has_ended(source):
    results = []

    async def child(scope):
        async for number in scope.map(double, source(), limit=3):
            results.append(number)

    async with open_scope("x") as scope:
        await scope.spawn(child, scope)
    assert results == [2 * n for n in range(30)]


@virtual
async def test_a_long_lived_consumer_of_many_maps_collects_nothing():
    async def child(scope):
        for _ in range(20):
            assert [n async for n in scope.map(double, range(3))] == [0, 2, 4]
        return len(asyncio.current_task()._callbacks or ())

    async with open_scope("x") as scope:
        assert await (await scope.spawn(child, scope)) <= 2
        for _ in range(20):
            assert [n async for n in scope.map(double, range(3))] == [0, 2, 4]
        assert not scope._maps


@virtual
async def test_a_map_starts_nothing_before_its_first_result_is_asked_for():
    async with open_scope("x") as scope:
        scope.map(double, stream(range(3)))
        await passes()
        assert scope.statistics().spawned == 0


@virtual
async def test_a_map_ends_with_its_scope():
    async with open_scope("x") as scope:
        mapped = scope.map(double, itertools.count())
        await anext(mapped)
        late = scope.map(double, itertools.count())
    assert [n async for n in mapped] == []
    with pytest.raises(ClosedResourceError):
        await anext(late)
