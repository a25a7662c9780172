"""Ten batches are exported, one after another."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import Server

MEASURES = "connections made for 10 batches, one after another"
AT_MOST = 3
VIRTUAL = False


async def flood(service: Any) -> float:
    """Export."""
    waiting: asyncio.Queue[Any] = asyncio.Queue()
    for number in range(10):
        waiting.put_nowait([{"value": float(number)}])
    waiting.put_nowait(None)
    async with Collector().serving() as collector:
        assert await service.export(waiting, collector.url) == 10
        return collector.connections


class Collector(Server):
    """Reads what is posted as well."""

    async def heard(self, reader: asyncio.StreamReader) -> bool:
        """Read one request with its body."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return bool(await reader.readexactly(int(length)))
