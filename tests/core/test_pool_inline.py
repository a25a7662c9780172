"""A nested job that runs in the place of the job that submitted it."""

from __future__ import annotations

import asyncio
import contextvars

import pytest

from _nest import WAYS, Nest
from _pools import now
from snowshed.errors import WouldBlock, WouldDeadlock
from snowshed.testing import run_virtual


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


def test_all_guests_of_a_job_together_take_one_place():
    async def main():
        async def outer():
            queued = [nest.pool.submit_nowait(asyncio.sleep, 1) for _ in range(2)]
            await asyncio.gather(waits_for(queued[0]), nest.run(nest.run, waits_for, queued[1]))

        async def waits_for(job):
            await job

        async with Nest(on_nested="inline", max_workers=2) as nest:
            busy = await nest.pool.submit(asyncio.sleep, 5)
            await nest.run(outer)
            await busy

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
