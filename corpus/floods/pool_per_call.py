"""Forty visits are counted, one after another."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Store, clients

MEASURES = "connections made to Redis for 40 visits, one after another"
AT_MOST = 5
VIRTUAL = False


async def flood(service: Any) -> float:
    """Visit."""
    async with Store().serving() as store:
        service.app.state.redis_url = f"redis://127.0.0.1:{store.port}?protocol=2"
        async with clients(service.app) as client:
            for number in range(40):
                answer = await client.post(f"/visits/{number}")
                assert answer.status_code == 200
        return store.connections
