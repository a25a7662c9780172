"""Two hundred orders come in while the audit service takes half a minute for each."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow, Tasks, clients

MEASURES = "tasks alive at once while 200 orders come in, one after another"
AT_MOST = 10
VIRTUAL = True


async def flood(service: Any) -> float:
    """Place the orders."""
    tasks = Tasks()
    service.app.state.audit = Slow(30)
    async with clients(service.app) as client:
        codes = {
            (await client.post("/orders", json={"id": id_, "total": 9.5})).status_code
            for id_ in range(200)
        }
        assert 200 in codes
        return tasks.most
