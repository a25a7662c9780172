"""Looks at tasks, for tests of what is seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from snowshed.observe._snapshot._paths import Paths
from snowshed.observe._snapshot._snapshot import Describe, Snapshot, take
from snowshed.observe._snapshot._states import Look, look

if TYPE_CHECKING:
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


@asynccontextmanager
async def started(*awaitables: Awaitable[Any]) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Tasks that await these, as far as they go; cancelled at the end."""

    async def wait_for_it(awaitable: Awaitable[Any]) -> Any:
        return await awaitable

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
