"""Sixty prices are asked for, one after another."""

from __future__ import annotations

import gc
from typing import Any

from corpus.floods._world import clients, open_files

MEASURES = "files left open by 60 requests"
AT_MOST = 10
VIRTUAL = False


async def flood(service: Any) -> float:
    """Ask for the prices."""
    # When the collector comes by depends on all else that was made; here it does so afterwards.
    gc.collect()
    gc.disable()
    before = open_files()
    async with clients(service.app) as client:
        for _ in range(60):
            answer = await client.get("/prices/tea")
            assert answer.json() == {"price": 3.0}
        return open_files() - before
