"""How jobs end: cancelled one by one, with their pool, and without taking a worker with them."""

from __future__ import annotations

import asyncio
import contextlib
import functools

import pytest

import _pools
from _pools import counts, now, rest
from snowshed.errors import ClosedResourceError
from snowshed.testing import VirtualTimeLoop, run_virtual

pool_of = functools.partial(_pools.pool_of, max_workers=1)


async def outcomes(*awaitables):
    return await asyncio.gather(*awaitables, return_exceptions=True)


def test_a_queued_job_that_is_cancelled_ends_at_once_and_frees_its_place():
    async def main():
        async with pool_of(rest, queue_size=1) as pool:
            await pool.submit(5)
            job = await pool.submit(5)
            waiting = asyncio.create_task(pool.submit(0))
            await asyncio.sleep(1)
            assert job.cancel()
            assert job.cancelled()
            assert not job.cancel()
            await waiting
            assert now() == 1
            assert counts(pool, "cancelled", "waiting") == (1, 1)

    run_virtual(main())


def test_cancelled_jobs_do_not_pile_up_in_the_queue():
    async def main():
        async with pool_of(rest) as pool:
            await pool.submit(5)
            keep = [await pool.submit(0) for _ in range(3)]
            for _ in range(1000):
                (await pool.submit(0)).cancel()
                assert len(pool._crew.queue) < 10
            await asyncio.gather(*keep)

    run_virtual(main())


def test_cancelling_a_running_job_ends_that_job_alone_after_its_clean_up():
    async def main():
        async def work(who):
            try:
                await asyncio.sleep(10)
            finally:
                await asyncio.sleep(1)
                done.append((who, now()))

        done = []
        async with pool_of(work) as pool:
            jobs = [await pool.submit(who) for who in "AB"]
            await asyncio.sleep(1)
            assert jobs[0].cancel("why")
            assert not jobs[0].done()
            with pytest.raises(asyncio.CancelledError, match="why"):
                await jobs[0]
            assert now() == 2
            await jobs[1]
        assert done == [("A", 2), ("B", 13)]
        assert counts(pool, "cancelled", "successful") == (1, 1)

    run_virtual(main())


def test_cancelling_whoever_awaits_a_job_cancels_the_job():
    async def main():
        async with pool_of(rest) as pool:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await pool.run(10)
            assert counts(pool, "cancelled", "running") == (1, 0)

    run_virtual(main())


def test_a_job_may_refuse_to_be_cancelled():
    async def main():
        async def stubborn():
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                return "no"

        async with pool_of(stubborn) as pool:
            job = await pool.submit()
            await asyncio.sleep(1)
            job.cancel()
            assert await job == "no"

    run_virtual(main())


def test_a_cancellation_that_comes_too_late_does_not_hit_the_next_job():
    """A cancellation that finds no wait to interrupt is kept by the task for its next wait."""

    async def main():
        async def work(cancels_itself):
            if cancels_itself:
                handles[0].cancel()
            else:
                await asyncio.sleep(1)
            return now()

        async with pool_of(work) as pool:
            handles = [await pool.submit(True), await pool.submit(False)]
            assert await outcomes(*handles) == [0, 1]
            assert counts(pool, "workers") == (1,)

    run_virtual(main())


@pytest.mark.parametrize("error", [LookupError, asyncio.CancelledError])
def test_what_a_job_raises_does_not_end_its_worker(error):
    async def main():
        async def work(raises):
            if raises:
                raise error
            return asyncio.current_task()

        async with pool_of(work) as pool:
            worker = await pool.run(False)
            with pytest.raises(error):
                await pool.run(True)
            assert await pool.run(False) is worker

    run_virtual(main())


def test_a_job_that_raises_generator_exit_costs_no_place():
    async def main():
        async def work(raises):
            await asyncio.sleep(1)
            if raises:
                raise GeneratorExit

        async with pool_of(work, queue_size=1) as pool:
            jobs = [await pool.submit(raises) for raises in (True, False)]
            with pytest.raises(GeneratorExit):
                await jobs[0]
            await jobs[1]
            assert counts(pool, "failed", "successful", "workers") == (1, 1, 1)

    run_virtual(main())


def test_system_exit_ends_the_loop_as_it_would_from_a_task_and_the_pool_recovers():
    async def work(leave):
        if leave:
            raise SystemExit(3)
        return "alive"

    async def leave():
        job = await pool.submit(True)
        job.add_done_callback(jobs.append)
        await asyncio.sleep(10)

    jobs = []
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        pool = pool_of(work)
        runner.run(pool.__aenter__())
        with pytest.raises(SystemExit):
            runner.run(leave())
        assert runner.run(pool.run(False)) == "alive"
        runner.run(pool.aclose())
        assert counts(pool, "failed", "successful") == (1, 1)
        assert isinstance(jobs[0].exception(), SystemExit)


def test_an_idle_worker_that_is_cancelled_from_outside_is_struck_off():
    async def main():
        async with pool_of(rest) as pool:
            await pool.run(0)
            (worker,) = pool._crew.workers
            worker.task.cancel()
            job = await pool.submit(1)
            await asyncio.sleep(0.5)
            assert counts(pool, "workers", "idle", "running") == (1, 0, 1)
            await job
            (worker,) = pool._crew.workers
            worker.task.cancel()
            await asyncio.sleep(1)
            assert counts(pool, "workers", "idle") == (0, 0)

    run_virtual(main())


def test_a_worker_that_is_cancelled_on_its_way_to_a_job_loses_no_job():
    async def main():
        async with pool_of(rest) as pool:
            await pool.run(0)
            for _ in range(2):  # idle and woken; just started
                job = await pool.submit(1)
                (worker,) = pool._crew.workers
                worker.task.cancel()
                assert await job == 1
                (worker,) = pool._crew.workers
                worker.task.cancel()
                await asyncio.sleep(0.5)

    run_virtual(main())


def test_a_busy_worker_that_is_cancelled_from_outside_ends_with_its_job():
    async def main():
        async with pool_of(rest) as pool:
            jobs = [await pool.submit(seconds) for seconds in (5, 1)]
            await asyncio.sleep(1)
            (worker,) = pool._crew.workers
            worker.task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await jobs[0]
            assert await jobs[1] == 1
            assert worker not in pool._crew.workers

    run_virtual(main())


def test_a_guest_that_is_cancelled_before_it_began_ends_as_cancelled():
    async def main():
        async def outer():
            with contextlib.suppress(asyncio.CancelledError):
                await pool.run(began.append, 1)

        async def call(fn, *args):
            fn(*args) if fn is not outer else await outer()

        began = []
        async with pool_of(call, on_nested="inline") as pool:
            job = await pool.submit(outer)
            while not pool._crew.guests:
                await asyncio.sleep(0)
            (guest,) = pool._crew.guests
            guest.job.cancel()
            await job
            assert not began
            assert counts(pool, "cancelled", "successful", "workers") == (1, 1, 1)

    run_virtual(main())


def test_leaving_the_block_waits_for_every_job():
    async def main():
        async with pool_of(rest) as pool:
            jobs = [await pool.submit(2) for _ in range(3)]
        assert now() == 6
        assert await asyncio.gather(*jobs) == [2, 2, 2]
        assert counts(pool, "workers") == (0,)

    run_virtual(main())


def test_leaving_the_block_with_an_error_cancels_every_job():
    async def main():
        async def fails():
            async with pool:
                for _ in range(3):
                    await pool.submit(2)
                await asyncio.sleep(1)
                raise LookupError

        pool = pool_of(rest)
        with pytest.raises(LookupError):
            await fails()
        assert now() == 1
        assert counts(pool, "cancelled", "workers") == (3, 0)

    run_virtual(main())


def test_closing_can_be_turned_into_cancelling():
    async def main():
        async with pool_of(rest) as pool:
            jobs = [await pool.submit(10) for _ in range(3)]
            draining = asyncio.create_task(pool.aclose())
            await asyncio.sleep(1)
            await pool.aclose(drain=False)
            assert now() == 1
            assert all(job.cancelled() for job in jobs)
            await draining

    run_virtual(main())


def test_closing_that_is_cancelled_cancels_the_jobs_and_waits_for_their_end():
    async def main():
        async def work():
            try:
                await asyncio.sleep(10)
            finally:
                await asyncio.sleep(1)

        pool = pool_of(work)
        async with pool:
            await pool.submit()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(2):
                    await pool.aclose()
        assert now() == 3
        assert counts(pool, "cancelled", "workers") == (1, 0)

    run_virtual(main())


def test_who_waits_for_a_place_is_told_that_the_pool_was_closed():
    async def main():
        async with pool_of(rest, queue_size=0) as pool:
            await pool.submit(5)
            waiting = asyncio.create_task(pool.submit(0))
            await asyncio.sleep(1)
            closing = asyncio.create_task(pool.aclose())
            with pytest.raises(ClosedResourceError, match="'test' is closed"):
                await waiting
            assert now() == 1
            await closing

    run_virtual(main())


def test_a_closed_pool_takes_no_job_and_is_not_opened_again():
    async def main():
        async with pool_of(rest) as pool:
            pass
        await pool.aclose()
        with pytest.raises(ClosedResourceError):
            await pool.submit(1)
        with pytest.raises(ClosedResourceError):
            pool.submit_nowait(1)
        with pytest.raises(RuntimeError, match="opened before"):
            await pool.__aenter__()

    run_virtual(main())


def test_a_pool_that_is_not_open_says_how_to_open_it():
    async def main():
        pool = pool_of(rest)
        with pytest.raises(RuntimeError, match="use 'async with'"):
            await pool.submit(1)
        with pytest.raises(RuntimeError, match="use 'async with'"):
            pool.submit_nowait(1)
        await pool.aclose()

    run_virtual(main())
