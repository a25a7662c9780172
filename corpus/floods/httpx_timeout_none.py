"""Six prompts are sent to a model that has lost them."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import PATIENCE, silent, unanswered

MEASURES = "prompts of 6 that still wait, long after the limit"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Send the prompts."""
    service.TIMEOUT = PATIENCE
    with silent() as server:
        model = service.Model(f"http://127.0.0.1:{server.port}")
        asked = [asyncio.create_task(model.complete("why?")) for _ in range(6)]
        return await unanswered(asked, server.has(6))
