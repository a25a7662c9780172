"""What the tests of pools share."""

from __future__ import annotations

import asyncio

from snowshed.core._pool import WorkerPool


def now():
    return asyncio.get_running_loop().time()


async def rest(seconds):
    await asyncio.sleep(seconds)
    return seconds


def pool_of(fn, **options):
    options = {"max_workers": 2, "queue_size": 10, "name": "test"} | options
    return WorkerPool(fn, **options)


def counts(pool, *names):
    now = pool.statistics()
    return tuple(getattr(now, name) for name in names)
