"""Six files are fetched from a server that sends nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import PATIENCE, silent, unanswered

MEASURES = "downloads of 6 that still wait, long after the limit"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Fetch the files."""
    service.TIMEOUT = PATIENCE
    with silent() as server:
        async with service.open_session() as session:
            url = f"http://127.0.0.1:{server.port}/large"
            asked = [asyncio.create_task(service.size_of(session, url)) for _ in range(6)]
            return await unanswered(asked, server.has(6))
