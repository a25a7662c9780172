"""A pool can be resized while it works: nobody is thrown out, nobody waits for nothing."""

from __future__ import annotations

import asyncio

from _pools import counts, now, pool_of, rest
from snowshed.testing import run_virtual


def test_resize_starts_workers_for_jobs_that_wait():
    async def main():
        async with pool_of(rest, max_workers=1) as pool:
            jobs = [await pool.submit(1) for _ in range(3)]
            pool.resize(max_workers=3)
            await asyncio.gather(*jobs)
            assert now() == 1
            pool.resize(min_workers=3, max_workers=4)
            await asyncio.sleep(100)
            assert counts(pool, "workers", "min_workers", "max_workers") == (3, 3, 4)

    run_virtual(main())


def test_resize_gives_new_places_to_those_who_wait():
    async def main():
        async with pool_of(rest, max_workers=1, queue_size=0) as pool:
            await pool.submit(5)
            waiting = asyncio.create_task(pool.submit(5))
            await asyncio.sleep(1)
            pool.resize(max_workers=2)
            await waiting
            assert now() == 1

    run_virtual(main())


def test_shrinking_lets_idle_workers_go_at_once_and_busy_ones_after_their_job():
    async def main():
        async with pool_of(rest, max_workers=4) as pool:
            jobs = [await pool.submit(1) for _ in range(2)]
            jobs += [await pool.submit(5) for _ in range(4)]
            await asyncio.sleep(2)
            pool.resize(max_workers=1)
            assert counts(pool, "running", "waiting") == (4, 0)
            jobs.append(await pool.submit(1))
            await asyncio.gather(*jobs)
            assert now() == 7
            assert counts(pool, "workers") == (1,)
            pool.resize(max_workers=3)
            await asyncio.gather(*(pool.run(1) for _ in range(3)))
            pool.resize(max_workers=1)
            await asyncio.sleep(0)
            assert counts(pool, "workers", "idle") == (1, 1)

    run_virtual(main())
