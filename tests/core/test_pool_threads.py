"""A plain function runs on threads, through the same pool and under the same bounds."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
import time

import pytest

import _pools
from snowshed.testing import run_virtual

REQUEST = contextvars.ContextVar("REQUEST", default=None)


pool_of = functools.partial(_pools.pool_of, max_workers=1)


def test_a_plain_function_runs_on_a_thread_of_its_worker_in_the_submitters_context():
    threads, seen = [], []

    def work(value):
        threads.append(threading.current_thread())
        seen.append(REQUEST.get())
        return value + 1

    async def main():
        async with pool_of(work, max_workers=2) as pool:
            REQUEST.set("A")
            assert await asyncio.gather(*(pool.run(n) for n in range(5))) == [1, 2, 3, 4, 5]
            assert seen == ["A"] * 5
            assert len(set(threads)) <= 2
            assert all(thread.name.startswith("test") for thread in threads)
            with pytest.raises(TypeError, match="unsupported operand"):
                await pool.run(None)
            assert await pool.run(5) == 6

    run_virtual(main())
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def test_a_cancelled_call_on_a_thread_keeps_its_worker_until_it_returns():
    begun, release = threading.Event(), threading.Event()

    def work(blocks):
        if blocks:
            begun.set()
            release.wait(10)
            raise LookupError
        return "next"

    async def main():
        async with pool_of(work) as pool:
            job = await pool.submit(True)
            after = await pool.submit(False)
            while not begun.is_set():
                await asyncio.sleep(0)
                time.sleep(0.001)
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
            now = pool.statistics()
            assert (now.workers, now.idle, now.running, now.waiting) == (1, 0, 0, 1)
            release.set()
            assert await after == "next"

    run_virtual(main())


def test_what_a_thread_cannot_return_is_an_error_that_names_the_cure():
    def returns_coroutine():
        return asyncio.sleep(1)

    def stops():
        raise StopIteration

    async def main():
        async with pool_of(returns_coroutine) as pool:
            with pytest.raises(TypeError, match="make it an 'async def'"):
                await pool.run()
        async with pool_of(stops) as pool:
            with pytest.raises(RuntimeError, match="raised StopIteration"):
                await pool.run()

    run_virtual(main())


def test_an_object_with_an_async_call_is_an_async_function():
    class Work:
        async def __call__(self):
            return threading.current_thread() is threading.main_thread()

    async def main():
        async with pool_of(Work()) as pool:
            assert await pool.run()

    run_virtual(main())
