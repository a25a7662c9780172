"""The host of a block is cancelled once, and what others did to it is left as it was."""

from __future__ import annotations

import asyncio

import pytest

from _virtual import forever, passes, stubborn, virtual
from snowshed.core._host import HostTask


async def started(coro):
    task = asyncio.create_task(coro)
    await passes(1)
    return task


@virtual
async def test_a_host_that_waits_is_cancelled_with_the_reason():
    task = await started(forever())
    host = HostTask(task, asyncio.get_running_loop())
    asyncio.get_running_loop().call_soon(host.cancel, "enough")
    with pytest.raises(asyncio.CancelledError, match="enough"):
        await task
    assert host.cancelled
    assert not host.leave()
    assert task.cancelling() == 0


@virtual
async def test_a_host_is_cancelled_once():
    task = await started(forever())
    host = HostTask(task, asyncio.get_running_loop())
    for _ in range(3):
        host.cancel("enough")
        await passes(1)
    assert task.cancelling() == 1


@virtual
async def test_a_host_that_leaves_before_the_next_pass_is_not_cancelled():
    host = HostTask(asyncio.current_task(), asyncio.get_running_loop())
    host.cancel("enough")
    assert not host.leave()
    await passes()
    assert not host.cancelled


@virtual
async def test_a_cancellation_by_others_is_told_and_kept():
    task = await started(forever())
    host = HostTask(task, asyncio.get_running_loop())
    host.cancel("ours")
    task.cancel("theirs")
    await asyncio.wait([task])
    assert host.leave()
    assert task.cancelling() == 1


@virtual
async def test_cancellations_from_before_the_block_are_not_counted():
    task = await started(forever())
    task.cancel("before")
    host = HostTask(task, asyncio.get_running_loop())
    assert not host.leave()
    host = HostTask(task, asyncio.get_running_loop())
    host.cancel("ours")
    await asyncio.wait([task])
    assert not host.leave()
    assert task.cancelling() == 1


@virtual
async def test_a_block_that_gave_back_our_cancellation_itself_loses_nobody_elses():
    task = await started(stubborn(100))
    task.cancel("before")
    await passes(2)
    host = HostTask(task, asyncio.get_running_loop())
    host.cancel("ours")
    await passes(1)
    assert task.uncancel() == 1
    assert not host.leave()
    assert task.cancelling() == 1
    await asyncio.wait([task])


@virtual
async def test_a_released_host_is_never_cancelled():
    task = await started(forever())
    host = HostTask(task, asyncio.get_running_loop())
    host.release()
    host.cancel("enough")
    await passes()
    assert not task.cancelling()
    assert not host.leave()
    task.cancel()
