"""Six times somebody looks how many play on a server that hangs."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import PATIENCE, silent, unanswered

MEASURES = "questions of 6 that still wait, long after the limit"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Ask."""
    service.TIMEOUT = PATIENCE
    with silent() as server:
        asked = [asyncio.create_task(service.players("127.0.0.1", server.port)) for _ in range(6)]
        return await unanswered(asked, server.has(6))
