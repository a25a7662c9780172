"""Fifty searches are made while one of three shards hangs."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow, Tasks, clients

MEASURES = "tasks left over by 50 searches"
AT_MOST = 0
VIRTUAL = True


async def flood(service: Any) -> float:
    """Search."""
    service.app.state.shards = [Slow(0.01), Slow(0.02), Slow(3600)]
    tasks = Tasks()
    async with clients(service.app) as client:
        for _ in range(50):
            answer = await client.get("/search?q=shed")
            assert answer.json() == {"found": ["shed", "shed"], "missing": 1}
        return tasks.live
