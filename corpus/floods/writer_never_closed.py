"""Thirty devices come, and leave without a word."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from corpus.floods._world import open_files

MEASURES = "sockets left open when 30 devices have gone"
AT_MOST = 2
VIRTUAL = False


async def flood(service: Any) -> float:
    """Come and go."""
    # When the collector comes by depends on all else that was made; here it does so afterwards.
    gc.disable()
    server = await service.serve()
    port = server.sockets[0].getsockname()[1]
    before = open_files()
    for number in range(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"device %d\n" % number)
        assert await reader.readline() == b"welcome\n"
        writer.close()
        await writer.wait_closed()
    await asyncio.sleep(0.2)
    return open_files() - before
