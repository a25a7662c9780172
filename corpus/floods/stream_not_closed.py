"""Five pictures are too large, and then six are asked for that are not."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import Server, unanswered

MEASURES = "pictures of 6 that wait for a connection of the pool"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Fetch."""
    async with (
        Server(b"x" * 1_000_000).serving() as large,
        Server(b"x" * 100).serving() as small,
    ):
        pictures = service.Pictures()
        for _ in range(5):
            assert await pictures.fetch(large.url) is None
        asked = [asyncio.create_task(pictures.fetch(small.url)) for _ in range(6)]
        # Nothing tells that one waits for the pool, so they get a second to come by it.
        late = asyncio.get_running_loop().time() + 1
        return await unanswered(asked, lambda: asyncio.get_running_loop().time() > late)
