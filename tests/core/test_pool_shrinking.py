"""A pool that loses workers while its jobs wait for it keeps what they need, or says no."""

from __future__ import annotations

import asyncio

import pytest

from _pools import now
from snowshed.core._pool import WorkerPool
from snowshed.errors import WouldDeadlock
from snowshed.testing import run_virtual


async def work(do, *args):
    return await do(*args)


def pool_of(max_workers, queue_size):
    return WorkerPool(work, max_workers=max_workers, queue_size=queue_size, name="test")


def test_a_worker_that_can_make_progress_stays_while_the_others_wait_for_their_pool():
    async def main():
        async with pool_of(3, 10) as pool:
            jobs = [await pool.submit(asyncio.sleep, 1) for _ in range(2)]
            jobs.append(await pool.submit(pool.run, asyncio.sleep, 5))
            await asyncio.sleep(0.5)
            pool.resize(max_workers=1)
            await asyncio.gather(*jobs)
            assert now() == 6
            await asyncio.sleep(0)
            assert pool.statistics().workers == 1

    run_virtual(main())


def test_one_that_is_cancelled_from_outside_is_replaced_where_it_was_the_last_such():
    async def main():
        async with pool_of(2, 10) as pool:
            outer = await pool.submit(pool.run, asyncio.sleep, 1)
            await asyncio.sleep(0)
            (inner,) = [await pool.submit(asyncio.sleep, 1)]
            pool.resize(max_workers=1)
            await asyncio.sleep(0.5)
            worker = next(w for w in pool._crew.workers if w.job is not outer)
            worker.task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await outer
            await inner

    run_virtual(main())


def test_a_place_that_can_no_longer_become_free_is_refused():
    async def main():
        async with pool_of(2, 0) as pool:
            other = await pool.submit(asyncio.sleep, 1)
            nested = await pool.submit(pool.run, asyncio.sleep, 1)
            await asyncio.sleep(0.5)
            assert pool.statistics().submitters == 1
            pool.resize(max_workers=1)
            with pytest.raises(WouldDeadlock, match="'test'"):
                await nested
            assert now() == 1
            await other
            assert pool.statistics().dropped == 1
            assert pool.submit_nowait(asyncio.sleep, 0)

    run_virtual(main())
