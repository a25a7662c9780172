"""A refused task behaves like any child that fails: no orphan goes on, and nothing is left over."""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings

import anyio
import pytest

from _virtual import forever, passes, virtual
from attach._attached import attached
from snowshed.attach._refusal import born_failed, throw_away
from snowshed.errors import BudgetExceeded
from snowshed.integrations._request import Policy, RequestScope

ran: list[int] = []


async def child(number, seconds=1.0):
    ran.append(number)
    await asyncio.sleep(seconds)
    return number


async def in_request(work):
    """Run ``work`` with a budget of 3, in a task of its own as servers do; no grace."""
    ran.clear()

    async def handle():
        policy = Policy(budget=3, grace=0.0)
        async with RequestScope("GET /x", policy, timeout=None, budget=3):
            return await work()

    with attached(mode="enforce", budget=3, grace=0.0):
        try:
            return await asyncio.create_task(handle())
        finally:
            await passes()


# --- in other people's code


@virtual
async def test_gather_fails_and_no_orphan_goes_on():
    async def work():
        await asyncio.gather(*(child(n) for n in range(9)))

    with pytest.raises(BudgetExceeded):
        await in_request(work)
    assert ran == [0, 1, 2]
    assert len(asyncio.all_tasks()) == 1  # within the grace, which is none here


@virtual
async def test_gather_with_exceptions_returned():
    async def work():
        return await asyncio.gather(*(child(n) for n in range(5)), return_exceptions=True)

    *done, fourth, fifth = await in_request(work)
    assert done == [0, 1, 2]
    assert {type(fourth), type(fifth)} == {BudgetExceeded}


@virtual
async def test_a_task_group_cancels_the_others():
    async def work():
        async with asyncio.TaskGroup() as group:
            for n in range(4):
                group.create_task(child(n, 10))

    with pytest.raises(ExceptionGroup) as caught:
        await in_request(work)
    assert caught.group_contains(BudgetExceeded)
    assert asyncio.get_running_loop().time() < 1


@virtual
async def test_wait_finds_them_done():
    async def work():
        tasks = [asyncio.create_task(child(n)) for n in range(5)]
        done, pending = await asyncio.wait(tasks, timeout=0.5)
        await asyncio.wait(pending)
        return len(done), len(pending)

    assert await in_request(work) == (2, 3)


@virtual
async def test_as_completed_and_wait_for_raise_them():
    async def work():
        tasks = [asyncio.create_task(child(n)) for n in range(3)]
        with pytest.raises(BudgetExceeded):
            await asyncio.wait_for(asyncio.create_task(child(3)), 5)
        with pytest.raises(BudgetExceeded):
            await asyncio.shield(child(4))
        refused = [asyncio.create_task(child(5))]
        for each in asyncio.as_completed(refused):
            with pytest.raises(BudgetExceeded):
                await each
        await asyncio.wait(tasks)

    await in_request(work)
    assert ran == [0, 1, 2]


@virtual
async def test_anyio():
    """It wraps the coroutine; what is inside the wrapper must not be "never awaited" either."""

    async def work():
        async with anyio.create_task_group() as group:
            for n in range(6):
                group.start_soon(child, n, 10)

    with pytest.raises(ExceptionGroup) as caught:
        await in_request(work)
    assert caught.group_contains(BudgetExceeded)
    assert set(ran) <= {0, 1, 2}
    gc.collect()


@virtual
async def test_who_forgets_a_refused_task_hears_nothing_of_it():
    """`virtual` complains of errors that nobody retrieved."""

    async def work():
        tasks = [asyncio.create_task(child(n)) for n in range(3)]
        for _ in range(5):
            asyncio.create_task(forever())
        await asyncio.wait(tasks)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await in_request(work)
        gc.collect()
    assert caught == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@virtual
async def test_eager_tasks():
    async def work():
        return await asyncio.gather(*(child(n) for n in range(5)), return_exceptions=True)

    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    *done, fourth, fifth = await in_request(work)
    loop.set_task_factory(None)
    assert done == [0, 1, 2]
    assert {type(fourth), type(fifth)} == {BudgetExceeded}


@virtual
async def test_a_name_and_a_callback_can_be_given_to_it():
    called = []

    async def work():
        tasks = [asyncio.create_task(child(n)) for n in range(3)]
        refused = asyncio.create_task(child(4), name="refused")
        refused.add_done_callback(called.append)
        with pytest.raises(BudgetExceeded):
            await refused
        await asyncio.wait(tasks)
        return refused

    refused = await in_request(work)
    assert called == [refused]


# --- by itself


@virtual
async def test_it_is_born_but_not_dead_yet():
    """Code that looks right after the spawn finds a task that is under way, as always."""
    task = born_failed(asyncio.get_running_loop(), child(1), LookupError("no"))
    assert not task.done()
    with pytest.raises(LookupError):
        await task


@virtual
async def test_it_can_be_cancelled_before_it_fails():
    task = born_failed(asyncio.get_running_loop(), child(1), LookupError("no"))
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


def test_what_cannot_be_closed_is_left():
    class Stubborn:
        def close(self):
            raise RuntimeError("ignored GeneratorExit")

    coroutine = child(1)
    throw_away([Stubborn(), object(), coroutine])
    assert coroutine.cr_frame is None
