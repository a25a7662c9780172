"""A job goes through a table, and starts a task for each row that it reads.

The table had a hundred rows when this was written. Reading is faster than what is done with a row,
so in the end all of the table is in memory, as tasks, and all of them want the same pool of
connections.

Cause: unbounded-fanout. In the wild: omnilib/aioitertools#9 asks for a gather with a limit.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

Row = dict[str, object]


async def remind_all(rows: AsyncIterator[Row], remind: Callable[[Row], Awaitable[object]]) -> int:
    """Send a reminder to everyone who has not paid."""
    tasks = []
    async for row in rows:
        if not row["paid"]:
            tasks.append(asyncio.create_task(remind(row)))  # bug: SN402
    await asyncio.gather(*tasks)
    return len(tasks)
