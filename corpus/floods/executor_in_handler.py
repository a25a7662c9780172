"""Forty searches come at once."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from corpus.floods._world import clients

MEASURES = "threads at once while 40 searches run"
AT_MOST = 20
VIRTUAL = False


class Stores:
    """Two blocking clients, which note the threads that there are."""

    most = 0

    def vectors(self, words: str) -> list[str]:
        """Find something."""
        time.sleep(0.05)
        self.most = max(self.most, threading.active_count())
        return [words]

    graph = vectors


async def flood(service: Any) -> float:
    """Search."""
    service.app.state.stores = stores = Stores()
    async with clients(service.app) as client:
        answers = await asyncio.gather(*(client.get("/search?q=shed") for _ in range(40)))
        assert all(answer.json()["found"] == ["shed"] * 2 for answer in answers)
    return stores.most
