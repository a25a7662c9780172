"""A pool runs its jobs, bounds them, follows its load, and keeps jobs apart from each other."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import itertools
import traceback
import weakref

import pytest

from _pools import counts, now, pool_of, rest
from snowshed.core._pool import PoolStatistics, WorkerPool
from snowshed.errors import ClosedResourceError, WouldBlock
from snowshed.testing import run_virtual

REQUEST = contextvars.ContextVar("REQUEST", default=None)


async def fail(error):
    raise error


def test_a_job_is_awaited_for_its_result():
    async def main():
        async with pool_of(rest) as pool:
            job = await pool.submit(3)
            assert not job.done()
            assert await job == 3
            assert await pool.run(4) == 4
            assert await pool.submit_nowait(5) == 5

    run_virtual(main())


def test_the_error_of_a_job_is_raised_itself_and_shows_the_jobs_frames_only():
    async def main():
        async with pool_of(fail) as pool:
            with pytest.raises(LookupError) as caught:
                await pool.run(LookupError("x"))
        names = [frame.name for frame in traceback.extract_tb(caught.tb)]
        assert names == ["main", "run", "fail"]

    run_virtual(main())


def test_wrong_arguments_fail_the_job_and_not_the_pool():
    async def main():
        async with pool_of(rest) as pool:
            with pytest.raises(TypeError, match="argument"):
                await pool.run(1, 2, 3)
            assert await pool.run(1) == 1

    run_virtual(main())


def test_at_most_max_workers_jobs_run_at_once_and_in_order():
    async def main():
        begun = []

        async def work(who):
            begun.append((who, now()))
            await asyncio.sleep(1)

        async with pool_of(work) as pool:
            for who in range(6):
                await pool.submit(who)
        assert begun == [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (5, 2)]

    run_virtual(main())


def test_workers_are_started_only_when_a_job_would_wait():
    async def main():
        async with pool_of(rest, max_workers=5) as pool:
            assert counts(pool, "workers") == (0,)
            for _ in range(3):
                await pool.run(1)
            assert counts(pool, "workers", "idle") == (1, 1)
            await asyncio.gather(pool.run(1), pool.run(1), pool.run(1))
            assert counts(pool, "workers", "idle") == (3, 3)

    run_virtual(main())


def test_workers_end_after_the_idle_timeout_but_for_min_workers():
    async def main():
        async with pool_of(rest, min_workers=1, max_workers=4, idle_timeout=10) as pool:
            assert counts(pool, "workers") == (1,)
            await asyncio.gather(*(pool.run(1) for _ in range(4)))
            await asyncio.sleep(9)
            assert counts(pool, "workers") == (4,)
            await asyncio.sleep(2)
            assert counts(pool, "workers", "idle") == (1, 1)
            await asyncio.sleep(1000)
            assert counts(pool, "workers") == (1,)

    run_virtual(main())


def test_the_last_to_become_idle_is_called_first_so_that_surplus_ones_stay_idle():
    """Under light load a queue of idle workers would keep all of them busy enough to stay."""

    async def main():
        async with pool_of(rest, max_workers=4, idle_timeout=10) as pool:
            await asyncio.gather(*(pool.run(1) for _ in range(4)))
            for _ in range(6):
                await pool.run(2)
            assert counts(pool, "workers") == (1,)

    run_virtual(main())


def test_submit_waits_for_a_place_in_order_and_nowait_refuses():
    async def main():
        async with pool_of(rest, max_workers=1, queue_size=1) as pool:
            await pool.submit(10)
            await pool.submit(10)
            waiting = [asyncio.create_task(pool.submit(0)) for _ in range(2)]
            await asyncio.sleep(1)
            assert counts(pool, "running", "waiting", "submitters") == (1, 1, 2)
            with pytest.raises(WouldBlock, match=r"'test'.* 1 of 1 queued, 2 waiting"):
                pool.submit_nowait(0)
            await waiting[0]
            assert now() == 10
            assert not waiting[1].done()
            assert counts(pool, "dropped") == (1,)
        with pytest.raises(ClosedResourceError):
            await waiting[1]

    run_virtual(main())


def test_a_newcomer_does_not_pass_those_who_wait_for_a_place():
    async def main():
        async with pool_of(rest, max_workers=1, queue_size=0) as pool:
            await pool.submit(1)
            waiting = asyncio.create_task(pool.submit(0))
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_at(1, lambda: None)
            while counts(pool, "successful") == (0,):
                await asyncio.sleep(0.5)
            with pytest.raises(WouldBlock):
                pool.submit_nowait(0)
            await waiting

    run_virtual(main())


def test_callers_that_wait_are_bounded_apart_from_the_queue():
    async def main():
        async with pool_of(rest, max_workers=1, queue_size=0, max_waiters=1) as pool:
            await pool.submit(5)
            waiting = asyncio.create_task(pool.submit(0))
            await asyncio.sleep(1)
            with pytest.raises(WouldBlock, match="1 waiting for a place"):
                await pool.submit(0)
            await waiting

    run_virtual(main())


def test_a_cancelled_submit_submits_nothing_and_takes_no_place():
    async def main():
        async with pool_of(rest, max_workers=1, queue_size=0) as pool:
            job = await pool.submit(1)
            waiting = [asyncio.create_task(pool.submit(0)) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            job.add_done_callback(lambda _: waiting[1].cancel())
            await (await waiting[2])
            assert counts(pool, "submitted", "submitters") == (2, 0)

    run_virtual(main())


def test_a_job_sees_the_context_of_its_submitter_and_keeps_its_changes_to_itself():
    async def main():
        seen = []

        async def work():
            seen.append(REQUEST.get())
            REQUEST.set(f"changed by {REQUEST.get()}")
            await asyncio.sleep(1)
            seen.append(REQUEST.get())
            await asyncio.create_task(child())

        async def child():
            seen.append(REQUEST.get())

        async with pool_of(work, max_workers=1) as pool:
            for who in "AB":
                REQUEST.set(who)
                await pool.submit()
            REQUEST.set("main")
        changed = "changed by A", "changed by B"
        assert seen == ["A", changed[0], changed[0], "B", changed[1], changed[1]]
        assert REQUEST.get() == "main"

    run_virtual(main())


def test_the_current_task_of_a_job_is_its_worker():
    async def main():
        async def work():
            return asyncio.current_task()

        async with pool_of(work, max_workers=1) as pool:
            worker = await pool.run()
            assert worker is await pool.run()
            assert worker is not asyncio.current_task()
            assert worker.get_name() == "test worker"

    run_virtual(main())


def test_timeouts_and_task_groups_work_inside_jobs():
    async def main():
        async def work():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await asyncio.sleep(10)
            with pytest.raises(ExceptionGroup, match="TaskGroup"):
                await two_tasks()
            await asyncio.sleep(1)

        async def two_tasks():
            async with asyncio.TaskGroup() as group:
                group.create_task(fail(LookupError()))
                await asyncio.sleep(10)

        async with pool_of(work, max_workers=1) as pool:
            await pool.run()
            await pool.run()
            assert now() == 4
            assert counts(pool, "workers") == (1,)

    run_virtual(main())


def test_jobs_that_never_wait_let_the_loop_run():
    async def main():
        ticks = []

        async def work():
            pass

        async def tick():
            while True:
                ticks.append(counts(pool, "successful")[0])
                await asyncio.sleep(0)

        async with pool_of(work, max_workers=1, queue_size=200) as pool:
            ticking = asyncio.create_task(tick())
            for _ in range(200):
                await pool.submit()
        ticking.cancel()
        steps = [after - before for before, after in itertools.pairwise(ticks)]
        assert max(steps) <= 32

    run_virtual(main())


def test_nothing_of_an_ended_job_is_kept():
    class Thing:
        pass

    async def main():
        async def echo(thing):
            return thing

        async with pool_of(echo) as pool:
            thing = Thing()
            alive = weakref.ref(thing)
            REQUEST.set(thing)
            job = await pool.submit(thing)
            await job
            REQUEST.set(None)
            del thing, job
            await asyncio.sleep(0)  # the loop keeps the callback that it runs
            gc.collect()
            assert alive() is None

    run_virtual(main())


def test_handles_work_with_gather_wait_and_shield():
    async def main():
        async with pool_of(rest) as pool:
            assert await asyncio.gather(*[await pool.submit(n) for n in (1, 2, 3)]) == [1, 2, 3]
            done, pending = await asyncio.wait([await pool.submit(n) for n in (1, 5)], timeout=2)
            assert (len(done), len(pending)) == (1, 1)
            assert await asyncio.shield(await pool.submit(1)) == 1

    run_virtual(main())


def test_an_error_that_nobody_retrieves_is_reported_by_asyncio():
    async def main():
        reports = []
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))
        async with pool_of(fail) as pool:
            await pool.submit(LookupError("lost"))
        gc.collect()
        assert [str(report["exception"]) for report in reports] == ["lost"]

    run_virtual(main())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_workers", 0),
        ("min_workers", -1),
        ("min_workers", 3),
        ("queue_size", -1),
        ("idle_timeout", 0),
        ("idle_timeout", float("inf")),
        ("on_nested", "wait"),
        ("max_waiters", -1),
    ],
)
def test_numbers_out_of_range_are_refused_with_their_value(option, value):
    with pytest.raises(ValueError, match=f"{option} is .*, not {value!r}"):
        pool_of(rest, **{option: value})


def test_wrong_resizes_and_functions_are_refused():
    with pytest.raises(ValueError, match=r"min_workers is 0 to max_workers \(2\), not 3"):
        pool_of(rest).resize(min_workers=3)
    coro = rest(1)
    with pytest.raises(TypeError, match="not <coroutine"):
        pool_of(coro)
    coro.close()


def test_statistics_and_repr_tell_the_state():
    async def main():
        async with pool_of(rest, max_workers=2, queue_size=3, min_workers=1) as pool:
            jobs = [await pool.submit(n) for n in (1, 9, 9, 9)]
            jobs[2].cancel()
            await asyncio.sleep(2)
            expected = PoolStatistics(
                workers=2,
                idle=0,
                min_workers=1,
                max_workers=2,
                queue_size=3,
                submitters=0,
                submitted=4,
                waiting=0,
                running=2,
                successful=1,
                failed=0,
                cancelled=1,
                dropped=0,
            )
            assert pool.statistics() == expected
            text = "WorkerPool 'test': 2 of 2 workers, 2 running, 0 of 3 queued"
            assert repr(pool) == f"<{text}>"
        assert repr(pool) == "<WorkerPool 'test': closed, 0 of 2 workers, 0 running, 0 of 3 queued>"
        assert repr(WorkerPool(rest, max_workers=1, queue_size=0)).startswith("<WorkerPool 'rest'")

    run_virtual(main())
