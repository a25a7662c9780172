"""How a scope is entered, fails, is ended by `cancel`, and is left."""

# ruff: noqa: PT012 - a scope with its whole block is what raises

from __future__ import annotations

import asyncio

import pytest

from _virtual import fail, forever, passes, stubborn, virtual
from snowshed.core import open_scope
from snowshed.errors import ClosedResourceError


@virtual
async def test_a_scope_is_left_when_its_tasks_have_ended():
    ended = []

    async def work(seconds):
        await asyncio.sleep(seconds)
        ended.append(seconds)

    async with open_scope("x") as scope:
        for seconds in (3, 1, 2):
            await scope.spawn(work, seconds)
        assert ended == []
    assert ended == [1, 2, 3]
    assert asyncio.get_running_loop().time() == 3


@virtual
async def test_children_may_start_siblings_while_the_scope_is_being_left():
    depth = []

    async def descend(scope, left):
        await asyncio.sleep(1)
        depth.append(left)
        if left:
            await scope.spawn(descend, scope, left - 1)

    async with open_scope("x") as scope:
        await scope.spawn(descend, scope, 3)
    assert depth == [3, 2, 1, 0]


@virtual
async def test_a_scope_is_entered_once():
    scope = open_scope("x")
    async with scope:
        with pytest.raises(ClosedResourceError, match="'x' has been entered before"):
            await scope.__aenter__()
    with pytest.raises(ClosedResourceError, match="'x' has been entered before"):
        await scope.__aenter__()


def test_a_scope_is_entered_in_a_task():
    with pytest.raises(RuntimeError, match="no running event loop"):
        open_scope("x").__aenter__().send(None)
    loop = asyncio.new_event_loop()
    try:
        errors = []

        def enter():
            try:
                open_scope("x").__aenter__().send(None)
            except RuntimeError as error:
                errors.append(str(error))
            loop.stop()

        loop.call_soon(enter)
        loop.run_forever()
    finally:
        loop.close()
    assert errors == ["scope 'x' must be entered in a task; use asyncio.run or create_task"]


@virtual
async def test_repr_says_the_state_and_why():
    scope = open_scope("x", budget=5)
    assert repr(scope) == "<TaskScope 'x' new live<=0 budget=5>"
    async with scope:
        await scope.spawn(forever)
        assert repr(scope) == "<TaskScope 'x' open live<=1 budget=5>"
        scope.cancel("enough")
    assert repr(scope) == "<TaskScope 'x' closed (enough) live<=0 budget=5>"
    assert "budget=unbounded" in repr(open_scope("y", budget=None))


@virtual
async def test_the_first_failure_cancels_the_rest_and_is_raised_itself():
    error = LookupError("first")
    with pytest.raises(LookupError) as caught:
        async with open_scope("x") as scope:
            other = await scope.spawn(forever)
            await scope.spawn(fail, error, 1)
            await forever()
    assert caught.value is error
    assert other.cancelled()
    assert scope.errors == ()
    assert scope.reason == "scope 'x' failed: LookupError('first')"
    assert asyncio.get_running_loop().time() == 1


@virtual
async def test_a_failure_of_the_block_cancels_the_children_and_is_raised_itself():
    error = LookupError("block")
    with pytest.raises(LookupError) as caught:
        async with open_scope("x") as scope:
            child = await scope.spawn(forever)
            await asyncio.sleep(1)
            raise error
    assert caught.value is error
    assert child.cancelled()


@virtual
async def test_later_failures_are_kept_beside_the_first():
    async def fail_late():
        try:
            await forever()
        finally:
            raise ValueError("in clean-up")

    with pytest.raises(LookupError):
        async with open_scope("x") as scope:
            for _ in range(3):
                await scope.spawn(fail_late)
            await scope.spawn(fail, LookupError("first"), 1)
    assert [str(error) for error in scope.errors] == ["in clean-up"] * 3
    assert scope.statistics().failed == 4


@virtual
async def test_a_hundred_later_failures_are_kept_at_most():
    async def fail_late(number):
        try:
            await forever()
        finally:
            raise ValueError(number)

    with pytest.raises(LookupError):
        async with open_scope("x", budget=None) as scope:
            for number in range(150):
                await scope.spawn(fail_late, number)
            await asyncio.sleep(0)
            raise LookupError
    assert len(scope.errors) == 100
    assert scope.statistics().failed == 150


@virtual
async def test_a_failure_is_raised_while_the_scope_is_being_left():
    with pytest.raises(LookupError):
        async with open_scope("x") as scope:
            other = await scope.spawn(forever)
            await scope.spawn(fail, LookupError(), 5)
    assert other.cancelled()


@virtual
async def test_a_failure_that_the_block_caught_still_ends_the_scope():
    error = LookupError()
    with pytest.raises(LookupError) as caught:
        async with open_scope("x") as scope:
            task = await scope.spawn(fail, error)
            with pytest.raises(LookupError):
                await task
    assert caught.value is error
    assert scope.errors == ()


@virtual
async def test_a_child_cancelled_by_someone_else_is_no_failure():
    async with open_scope("x") as scope:
        task = await scope.spawn(forever)
        await passes()
        task.cancel()
    assert task.cancelled()
    assert scope.reason is None


@virtual
async def test_a_child_cancelled_before_its_first_step_is_no_failure():
    async with open_scope("x", limit=1) as scope:
        scope.spawn_nowait(forever).cancel()
        await scope.spawn(passes)
    assert scope.reason is None


@virtual
async def test_an_error_keeps_the_context_in_which_the_child_raised_it():
    async def convert():
        try:
            raise KeyError("cause")
        except KeyError:
            raise ValueError("effect")  # noqa: B904

    with pytest.raises(ValueError) as caught:
        async with open_scope("x") as scope:
            await scope.spawn(convert)
            await forever()
    assert isinstance(caught.value.__context__, KeyError)
    assert caught.value.__cause__ is None
    assert not caught.value.__suppress_context__


@virtual
async def test_the_failure_of_an_inner_scope_passes_through_the_outer_ones_once_each():
    error = LookupError()
    with pytest.raises(LookupError) as caught:
        async with open_scope("a") as a, open_scope("b"), open_scope("c") as c:
            await c.spawn(fail, error)
            await forever()
    assert caught.value is error
    assert a.errors == ()
    depth, trace = 0, caught.value.__traceback__
    while trace is not None:
        depth, trace = depth + 1, trace.tb_next
    assert depth <= 8


@virtual
async def test_cancel_leaves_the_block_without_an_error_and_says_why():
    reached = False
    async with open_scope("x") as scope:
        child = await scope.spawn(forever)
        scope.cancel("enough")
        await forever()
        reached = True
    assert not reached
    assert child.cancelled()
    assert scope.reason == "enough"


@virtual
async def test_cancel_without_another_await_in_the_block_leaves_nothing_behind():
    async with open_scope("x") as scope:
        scope.cancel("enough")
    await asyncio.sleep(1)


@virtual
async def test_cancel_by_a_child_or_from_outside_cancels_the_block():
    async def end(scope):
        scope.cancel("a child said so")

    async with open_scope("x") as scope:
        await scope.spawn(end, scope)
        await forever()
    async with open_scope("y") as scope:
        asyncio.get_running_loop().call_later(1, scope.cancel, "a timer said so")
        await forever()
    assert scope.reason == "a timer said so"


@virtual
async def test_cancel_counts_once_and_not_after_the_end():
    async with open_scope("x") as scope:
        scope.cancel("first")
        scope.cancel("second")
    scope.cancel("third")
    assert scope.reason == "first"


@virtual
async def test_cancel_while_leaving_ends_the_children():
    async with open_scope("x") as scope:
        child = await scope.spawn(forever)
        asyncio.get_running_loop().call_later(1, scope.cancel, "enough")
    assert child.cancelled()
    assert asyncio.get_running_loop().time() == 1


@virtual
async def test_a_cancelled_child_may_take_its_time_and_its_failure_is_raised():
    with pytest.raises(LookupError):
        async with open_scope("x") as scope:

            async def work():
                try:
                    await forever()
                finally:
                    await asyncio.sleep(5)
                    raise LookupError

            await scope.spawn(work)
            await asyncio.sleep(1)
            scope.cancel("enough")
    assert asyncio.get_running_loop().time() == 6


@virtual
async def test_a_block_that_swallows_our_cancellation_ends_when_it_ends():
    async with open_scope("x") as scope:
        asyncio.get_running_loop().call_later(1, scope.cancel, "enough")
        await stubborn(5)
        with pytest.raises(ClosedResourceError, match=r"is ending \(enough\)"):
            await scope.spawn(forever)
    assert asyncio.get_running_loop().time() == 6


@virtual
async def test_root_first_a_task_group_in_the_block_does_not_end_as_if_its_tasks_were_done():
    went_on = False
    async with open_scope("x") as scope:
        asyncio.get_running_loop().call_later(1, scope.cancel, "enough")
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                child = scope.spawn_nowait(forever)
                group.create_task(asyncio.wait([child]))
        went_on = True
    assert not went_on
