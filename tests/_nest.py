"""A pool whose jobs submit to their own pool, in every way there is to wait for the result."""

from __future__ import annotations

import asyncio

from snowshed.core._pool import WorkerPool


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
