"""Forty orders are placed while the mail server and all else hangs."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow, Tasks, clients

MEASURES = "tasks left over when 40 orders have been answered"
AT_MOST = 0
VIRTUAL = True


async def flood(service: Any) -> float:
    """Place the orders."""
    service.app.state.shop = Slow(3600)
    tasks = Tasks()
    async with clients(service.app) as client:
        for id_ in range(40):
            answer = await client.post("/orders", json={"id": id_})
            assert answer.status_code in {202, 503}
        return tasks.live
