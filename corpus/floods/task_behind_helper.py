"""Sixty comments come in while nobody's telephone answers."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow, Tasks, clients

MEASURES = "tasks left over when 60 comments have been answered"
AT_MOST = 0
VIRTUAL = True


async def flood(service: Any) -> float:
    """Comment."""
    tasks = Tasks()
    service.start(Slow(3600))
    async with clients(service.app) as client:
        for _ in range(60):
            answer = await client.post("/comments", json={"to": "ann", "text": "yes"})
            assert answer.status_code == 201
        return tasks.live
