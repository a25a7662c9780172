"""A database that is in memory: eight connections, and each query takes some milliseconds."""

from __future__ import annotations

import asyncio


class Database:
    """Answers as many queries at once as it has connections."""

    def __init__(self, connections: int) -> None:
        """Open so many connections."""
        self._free = asyncio.Semaphore(connections)

    async def price(self, item: int) -> int:
        """Return what an item costs."""
        async with self._free:
            await asyncio.sleep(0.02)
            return 100 + item


database = Database(8)
