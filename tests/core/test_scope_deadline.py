"""Deadlines of scopes: in every phase, inherited, lifted, and during clean-up."""

# ruff: noqa: PT012 - a scope with its whole block is what raises

from __future__ import annotations

import asyncio

import pytest

from _virtual import forever, passes, virtual
from snowshed.core import open_scope
from snowshed.errors import DeadlineExceeded


def frames(error):
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


@virtual
async def test_a_deadline_in_the_block_cancels_it_and_says_where_it_waited():
    with pytest.raises(DeadlineExceeded, match=r"'x' did not end within its 2\.000 s") as caught:
        async with open_scope("x", timeout=2) as scope:
            child = await scope.spawn(forever)
            await forever()
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)
    assert child.cancelled()
    assert scope.reason == "the deadline of scope 'x' passed"


@virtual
async def test_a_deadline_while_leaving_cancels_the_children():
    with pytest.raises(DeadlineExceeded):
        async with open_scope("x", timeout=2) as scope:
            await scope.spawn(forever)
    assert asyncio.get_running_loop().time() == 2


@virtual
async def test_a_deadline_while_waiting_for_a_place():
    with pytest.raises(DeadlineExceeded, match="did not end"):
        async with open_scope("x", timeout=2, limit=1) as scope:
            await scope.spawn(forever)
            await scope.spawn(forever)
    assert scope.statistics().spawned == 1


@virtual
async def test_a_deadline_that_passed_before_the_scope_was_entered():
    with pytest.raises(DeadlineExceeded):
        async with open_scope("x", deadline=-1.0):
            await forever()


@virtual
async def test_a_scope_that_ends_in_time_leaves_no_timer():
    async with open_scope("x", timeout=2):
        await asyncio.sleep(1)
    await asyncio.sleep(10)


@virtual
async def test_a_block_that_does_not_wait_is_not_late():
    async with open_scope("x", deadline=-1.0):
        pass
    await asyncio.sleep(1)


@virtual
async def test_an_error_while_unwinding_from_a_deadline_is_kept_beside_it():
    with pytest.raises(DeadlineExceeded):
        async with open_scope("x", timeout=1) as scope:
            try:
                await forever()
            finally:
                raise LookupError
    assert [type(error) for error in scope.errors] == [LookupError]


@virtual
async def test_the_deadline_exceeded_of_a_child_keeps_its_own_cause():
    async def inner():
        async with open_scope("inner", timeout=1):
            await forever()

    with pytest.raises(DeadlineExceeded, match="'inner'") as caught:
        async with open_scope("outer") as scope:
            await scope.spawn(inner)
            await asyncio.sleep(50)
    innermost = caught.value.__cause__.__traceback__
    while innermost.tb_next is not None:
        innermost = innermost.tb_next
    assert innermost.tb_frame.f_code.co_name != "test_the_deadline_exceeded"
    assert "inner" in {frame.f_code.co_name for frame in frames(caught.value.__cause__)}


@virtual
async def test_an_inherited_deadline_is_raised_once_by_the_scope_that_set_it():
    inner_left = []
    with pytest.raises(DeadlineExceeded, match="'outer'"):
        async with open_scope("outer", timeout=2):
            try:
                async with open_scope("inner", timeout=5):
                    await forever()
            except BaseException as error:
                inner_left.append(type(error))
                raise
    assert inner_left == [asyncio.CancelledError]


@virtual
async def test_an_inherited_deadline_reaches_scopes_in_children():
    seen = []

    async def child():
        async with open_scope("inner") as scope:
            assert scope.remaining() == 2
            try:
                await forever()
            finally:
                seen.append(asyncio.get_running_loop().time())

    with pytest.raises(DeadlineExceeded, match="'outer'"):
        async with open_scope("outer", timeout=2) as scope:
            await scope.spawn(child)
    assert seen == [2]


@virtual
async def test_an_inherited_deadline_ends_a_scope_in_a_task_that_nobody_owns():
    async def stray():
        async with open_scope("inner"):
            await forever()

    async with open_scope("outer", timeout=2):
        task = asyncio.create_task(stray())
        await passes()
    await asyncio.sleep(3)
    with pytest.raises(DeadlineExceeded, match="'outer'"):
        await task


@virtual
async def test_the_tighter_own_deadline_leaves_the_outer_scope_untouched():
    async with open_scope("outer", timeout=5):
        with pytest.raises(DeadlineExceeded, match="'inner'"):
            async with open_scope("inner", timeout=2):
                await forever()
        await asyncio.sleep(1)


@virtual
async def test_a_scope_opened_by_clean_up_lives_on_the_reserve():
    log = []
    with pytest.raises(DeadlineExceeded, match="'outer'"):
        async with open_scope("outer", timeout=5, reserve=2):
            try:
                await forever()
            finally:
                async with open_scope("clean-up") as scope:
                    log.append(scope.remaining())
                    await asyncio.sleep(1)
                    log.append("clean")
                with pytest.raises(DeadlineExceeded):
                    async with open_scope("clean-up"):
                        await forever()
                log.append(asyncio.get_running_loop().time())
    assert log == [2, "clean", 5]


@virtual
async def test_a_scope_opened_by_clean_up_without_a_reserve_has_its_own_timeout():
    with pytest.raises(DeadlineExceeded, match="'outer'"):
        async with open_scope("outer", timeout=5), open_scope("middle"):
            try:
                await forever()
            finally:
                with pytest.raises(DeadlineExceeded, match="'clean-up'"):
                    async with open_scope("clean-up", timeout=3):
                        await forever()
    assert asyncio.get_running_loop().time() == 8


@virtual
async def test_a_scope_opened_after_the_outer_one_was_cancelled_still_has_its_deadline():
    async with open_scope("outer", timeout=10) as outer:
        outer.cancel("enough")
        try:
            await forever()
        finally:
            with pytest.raises(DeadlineExceeded):
                async with open_scope("clean-up"):
                    await forever()
    assert asyncio.get_running_loop().time() == 10


@virtual
async def test_a_lifted_deadline_never_comes():
    async with open_scope("x", timeout=2) as scope:
        scope._lift_deadline()
        assert scope.remaining() is None
        await asyncio.sleep(10)
