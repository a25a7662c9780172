"""A look-up fails twice, and in between somebody asks whether the service is there."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import clients, settled

MEASURES = "pings of 5 that came first and had to wait for a look-up"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Look up, and ping."""
    service.PAUSE = 0.1
    failures = 2

    def look_up(product: str) -> float:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise ConnectionError(product)
        return 3.0

    service.app.state.look_up = look_up
    order: list[str] = []
    async with clients(service.app) as client:

        async def ask(path: str) -> None:
            answer = await client.get(path)
            assert answer.status_code == 200
            order.append(path)

        looking = asyncio.create_task(ask("/stock/tea"))
        await settled(2)
        await asyncio.gather(*(ask("/ping") for _ in range(5)), looking)
    return 5 - order.index("/stock/tea")
