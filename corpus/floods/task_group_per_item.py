"""One upload names five hundred files."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow, clients

MEASURES = "pictures in memory at one time for 1 request that names 500"
AT_MOST = 10
VIRTUAL = True


async def flood(service: Any) -> float:
    """Resize."""
    service.app.state.pictures = pictures = Slow(1)
    async with clients(service.app) as client:
        files = [f"{number}.png" for number in range(500)]
        answer = await client.post("/resize", json={"files": files})
        assert answer.json() == {"resized": 500}
    assert len(pictures.calls) == 500
    return pictures.most
