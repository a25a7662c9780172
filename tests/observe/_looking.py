"""Looks at tasks, for tests of what is seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from snowshed.core import WorkerPool
from snowshed.observe._snapshot._paths import Paths
from snowshed.observe._snapshot._snapshot import Describe, Snapshot, take
from snowshed.observe._snapshot._states import Look, look

if TYPE_CHECKING:
    from snowshed.core import Job
    from snowshed.model import TaskSnapshot

ONLY_TASKS = Describe(threads=False)


def inline(describe: Describe = ONLY_TASKS) -> Snapshot:
    return take(describe, pause=0)


def of(task: asyncio.Task[Any], snapshot: Snapshot) -> TaskSnapshot:
    (found,) = (each for each in snapshot.tasks if each.id == id(task))
    return found


def seen(task: asyncio.Task[Any], paths: Paths | None = None) -> Look:
    return look(task, paths or Paths())


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def wait_for_it(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


@asynccontextmanager
async def started(*awaitables: Awaitable[Any]) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Tasks that await these, as far as they go; cancelled at the end."""
    tasks = [asyncio.create_task(wait_for_it(each)) for each in awaitables]
    await settle()
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def for_ever() -> None:
    await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def one_of_two_at_work() -> AsyncIterator[tuple[WorkerPool[Any], Job[Any], asyncio.Event]]:
    """A pool of two workers, of which one has a job; that waits for the event until the end."""
    event = asyncio.Event()

    async def job() -> None:
        await event.wait()

    async with WorkerPool(job, min_workers=2, max_workers=2, queue_size=0) as pool:
        running = await pool.submit()
        await settle()
        yield pool, running, event
        event.set()
        await running
