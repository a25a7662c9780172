"""A job that waits for its own pool: refused where it could never end, and nowhere else."""

from __future__ import annotations

import asyncio

import pytest

from _nest import WAYS, Nest
from _pools import now
from snowshed.core._pool import WorkerPool
from snowshed.errors import WouldDeadlock
from snowshed.testing import run_virtual


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("max_workers", [1, 2])
def test_the_last_worker_does_not_wait_for_its_own_pool(way, max_workers):
    async def main():
        async with Nest(max_workers=max_workers) as nest:
            jobs = [await nest.pool.submit(getattr(nest, way)) for _ in range(max_workers)]
            outcomes = await asyncio.gather(*jobs, return_exceptions=True)
        *served, refused = outcomes
        if isinstance(refused, ExceptionGroup):
            (refused,) = refused.split(WouldDeadlock)[0].exceptions[:1]
        assert isinstance(refused, WouldDeadlock)
        assert not any(isinstance(outcome, BaseException) for outcome in served)
        assert nest.counts("waiting", "running", "submitters") == (0, 0, 0)

    run_virtual(main())


def test_the_error_names_the_pool_and_the_cures():
    async def main():
        async with Nest(max_workers=2) as nest:
            first = await nest.pool.submit(nest.run)
            with pytest.raises(WouldDeadlock, match=r"'nest'.* 2 workers .*on_nested='inline'"):
                await nest.pool.run(nest.run)
            await first

    run_virtual(main())


def test_what_was_refused_does_not_run():
    async def main():
        ran = []

        async def inner():
            ran.append(now())

        async with Nest() as nest:
            with pytest.raises(WouldDeadlock):
                await nest.run(nest.run, inner)
            await asyncio.sleep(1)
        assert not ran

    run_virtual(main())


def test_a_place_that_can_never_become_free_is_not_waited_for():
    async def main():
        async with Nest(max_workers=2, queue_size=0) as nest:
            jobs = [await nest.pool.submit(nest.run) for _ in range(2)]
            first, second = await asyncio.gather(*jobs, return_exceptions=True)
        assert first is None
        assert isinstance(second, WouldDeadlock)
        assert nest.counts("dropped", "submitters") == (1, 0)

    run_virtual(main())


def test_a_second_pool_that_comes_back_to_the_first_is_seen():
    async def main():
        async with Nest(name="P") as first, Nest(name="Q", max_workers=5) as second:
            with pytest.raises(WouldDeadlock, match="'P'"):
                await first.run(second.run, first.run)

    run_virtual(main())


def test_a_thread_that_comes_back_to_its_pool_is_seen():
    async def main():
        loop = asyncio.get_running_loop()

        def work(nested):
            if nested:
                asyncio.run_coroutine_threadsafe(pool.run(False), loop).result(10)

        async with WorkerPool(work, max_workers=1, queue_size=5) as pool:
            with pytest.raises(WouldDeadlock):
                await pool.run(True)
            await pool.run(False)

    run_virtual(main())


def test_a_job_does_not_wait_for_itself():
    async def main():
        async def wait_for_itself():
            await asyncio.sleep(0)
            await handles[0]

        async with Nest(max_workers=3) as nest:
            handles = [await nest.pool.submit(wait_for_itself)]
            with pytest.raises(WouldDeadlock):
                await handles[0]

    run_virtual(main())


def test_a_job_does_not_close_its_pool():
    async def main():
        async with Nest() as nest:
            with pytest.raises(WouldDeadlock, match="closed by one of its own jobs"):
                await nest.run(nest.pool.aclose)
            await nest.run()

    run_virtual(main())


def test_nesting_is_no_error_while_a_worker_can_make_progress():
    async def main():
        async with Nest(max_workers=2) as nest:
            await nest.run(nest.run)
            assert now() == 1
            busy = await nest.pool.submit(asyncio.sleep, 5)
            await nest.run(nest.run)
            assert now() == 7
            await busy
            async with Nest(max_workers=4) as deep:
                await deep.run(deep.run, deep.run, deep.run)

    run_virtual(main())


def test_follow_up_work_that_is_not_waited_for_is_no_error():
    async def main():
        crawled = []

        async def crawl(page):
            await asyncio.sleep(1)
            crawled.append(page)
            for link in (2 * page, 2 * page + 1):
                if link < 16:
                    await nest.pool.submit(crawl, link)

        async with Nest(max_workers=2, queue_size=16) as nest:
            await nest.pool.submit(crawl, 1)
            while len(crawled) < 15:
                await asyncio.sleep(1)
        assert sorted(crawled) == list(range(1, 16))

    run_virtual(main())


def test_a_chain_of_follow_up_work_keeps_no_trace_of_its_past():
    async def main():
        async def crawl(left):
            current = nest.pool._crew.nesting.current()
            if left:
                await nest.pool.submit(crawl, left - 1)
            else:
                ends.append(current)

        ends = []
        async with Nest(max_workers=2) as nest:
            await nest.pool.submit(crawl, 100)
            while not ends:
                await asyncio.sleep(1)
        depth, visit = 0, ends[0].outer
        while visit is not None and depth < 10:
            depth, visit = depth + 1, visit[0].outer if visit[0].visit is visit else None
        assert depth <= 1

    run_virtual(main())


def test_a_wait_that_ended_does_not_count_any_more():
    async def main():
        async with Nest(max_workers=2) as nest:

            async def twice():
                await nest.run()
                await asyncio.sleep(10)

            first = await nest.pool.submit(twice)
            await asyncio.sleep(2)
            await nest.run(nest.run)
            assert now() == 12
            await first

    run_virtual(main())


def test_the_stray_task_of_an_ended_job_is_nobodys_nested_wait():
    async def main():
        strays = []

        async def leaves_a_stray():
            strays.append(asyncio.create_task(nest.run()))

        async with Nest() as nest:
            await nest.run(leaves_a_stray)
            busy = await nest.pool.submit(asyncio.sleep, 5)
            await strays[0]
            await busy

    run_virtual(main())


def test_what_an_ended_job_left_waiting_is_in_nobodys_way():
    async def main():
        strays = []

        async def leaves_a_waiting_stray():
            strays.append(asyncio.create_task(nest.run(asyncio.sleep, 5)))
            await asyncio.sleep(1)

        async with Nest(max_workers=2) as nest:
            await nest.run(leaves_a_waiting_stray)
            await nest.run(nest.run)
            assert now() == 6
            await strays[0]

    run_virtual(main())
