"""One request names a thousand addresses."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow, clients

MEASURES = "addresses fetched at one time for 1 request that names 1000"
AT_MOST = 20
VIRTUAL = True


async def flood(service: Any) -> float:
    """Check the links."""
    service.app.state.fetch = fetch = Slow(1)
    async with clients(service.app) as client:
        answer = await client.post("/check", json={"urls": ["http://a.example"] * 1000})
        assert len(answer.json()["lengths"]) == 1000
    return fetch.most
