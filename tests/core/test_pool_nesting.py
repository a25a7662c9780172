"""A job that waits for its own pool: refused where it could never end, and nowhere else."""

from __future__ import annotations

import asyncio
import contextvars

import pytest

from _pools import now
from snowshed.core._pool import WorkerPool
from snowshed.errors import WouldBlock, WouldDeadlock
from snowshed.testing import run_virtual


class Nest:
    """A pool of jobs that are given what to do, so that a job can submit to its own pool."""

    def __init__(self, **options):
        options = {"max_workers": 1, "queue_size": 10, "name": "nest"} | options
        self.pool = WorkerPool(self.work, **options)

    async def work(self, do, *args):
        return await do(*args)

    async def __aenter__(self):
        await self.pool.__aenter__()
        return self

    async def __aexit__(self, *exc):
        await self.pool.__aexit__(*exc)

    def counts(self, *names):
        now = self.pool.statistics()
        return tuple(getattr(now, name) for name in names)

    async def run(self, *call):
        return await self.pool.run(*(call or (asyncio.sleep, 1)))

    async def in_child(self):
        return await asyncio.create_task(self.run())

    async def submitted_then_awaited(self):
        job = await self.pool.submit(asyncio.sleep, 1)
        return await job

    async def gathered(self):
        jobs = [await self.pool.submit(asyncio.sleep, 1) for _ in range(2)]
        return await asyncio.gather(*jobs)

    async def awaited_by_children(self):
        jobs = [await self.pool.submit(asyncio.sleep, 1) for _ in range(2)]

        async def child(job):
            return await job

        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(child(job))

    async def waited(self):
        job = await self.pool.submit(asyncio.sleep, 1)
        await asyncio.wait([job])

    async def shielded(self):
        return await asyncio.shield(await self.pool.submit(asyncio.sleep, 1))

    async def timed(self):
        return await asyncio.wait_for(await self.pool.submit(asyncio.sleep, 1), 100)


WAYS = [
    "run",
    "in_child",
    "submitted_then_awaited",
    "gathered",
    "awaited_by_children",
    "waited",
    "shielded",
    "timed",
]


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


@pytest.mark.parametrize("way", WAYS)
def test_inline_runs_the_nested_job_in_place_of_its_caller(way):
    async def main():
        async with Nest(on_nested="inline") as nest:
            await nest.run(getattr(nest, way))
            now = nest.pool.statistics()
            assert now.submitted == now.successful
            assert (now.workers, now.running, now.waiting) == (1, 0, 0)
            for _ in range(11):
                nest.pool.submit_nowait(asyncio.sleep, 0)
            with pytest.raises(WouldBlock):
                nest.pool.submit_nowait(asyncio.sleep, 0)

    run_virtual(main())


def test_inline_runs_one_guest_at_a_time_for_each_job_at_any_depth():
    async def main():
        inside = peak = 0

        async def leaf():
            nonlocal inside, peak
            inside += 1
            peak = max(peak, inside)
            await asyncio.sleep(1)
            inside -= 1

        async def tree(depth):
            if depth == 0:
                return await leaf()
            return await asyncio.gather(*(nest.run(tree, depth - 1) for _ in range(3)))

        async with Nest(on_nested="inline", max_workers=2, queue_size=0) as nest:
            await nest.run(tree, 3)
        assert 1 <= peak <= 2

    run_virtual(main())


def test_inline_queues_as_usual_while_a_worker_is_free():
    async def main():
        async with Nest(on_nested="inline", max_workers=2) as nest:
            await nest.run(nest.run)
            assert nest.counts("workers") == (2,)

    run_virtual(main())


def test_inline_refuses_a_wait_for_what_only_the_queue_could_run():
    async def main():
        async with Nest(on_nested="inline") as nest:

            async def waits_for(job):
                await job

            async def nested_waits_for(job):
                await nest.run(waits_for, job)

            for do in (waits_for, nested_waits_for):
                nest.pool.resize(max_workers=2)
                blocker = await nest.pool.submit(asyncio.sleep, 1)
                await asyncio.sleep(0)
                nest.pool.resize(max_workers=1)
                outer = await nest.pool.submit(self_fulfilling, nest, do)
                with pytest.raises(WouldDeadlock):
                    await outer
                await blocker

    async def self_fulfilling(nest, do):
        queued = nest.pool.submit_nowait(asyncio.sleep, 1)
        await do(queued)

    run_virtual(main())


def test_cancelling_a_caller_cancels_its_guest():
    async def main():
        async with Nest(on_nested="inline") as nest:
            outer = await nest.pool.submit(nest.run, asyncio.sleep, 100)
            await asyncio.sleep(1)
            assert nest.counts("running", "workers") == (2, 2)
            outer.cancel()
            await asyncio.wait([outer])
            assert now() == 1
            assert nest.counts("running", "workers", "cancelled") == (0, 1, 2)

    run_virtual(main())


def test_a_guest_sees_the_context_of_its_caller():
    async def main():
        request = contextvars.ContextVar("request")

        async def outer():
            request.set("A")
            return await nest.run(inner)

        async def inner():
            return request.get()

        async with Nest(on_nested="inline") as nest:
            assert await nest.run(outer) == "A"

    run_virtual(main())
