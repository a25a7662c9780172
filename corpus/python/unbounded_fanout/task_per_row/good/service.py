"""A job goes through a table, and reads on only when one of its ten places is free."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

Row = dict[str, object]


async def remind_all(rows: AsyncIterator[Row], remind: Callable[[Row], Awaitable[object]]) -> int:
    """Send a reminder to everyone who has not paid."""
    places = asyncio.Semaphore(10)
    count = 0

    async def reminded(row: Row) -> None:
        try:
            await remind(row)
        finally:
            places.release()

    async with asyncio.TaskGroup() as group:
        async for row in rows:
            if not row["paid"]:
                await places.acquire()
                group.create_task(reminded(row))
                count += 1
    return count
