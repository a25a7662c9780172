"""Prices come in, and between them the collector comes by."""

from __future__ import annotations

import gc
from typing import Any

from corpus.floods._world import settled

MEASURES = "prices of 10 that nobody noticed"
AT_MOST = 0
VIRTUAL = True


async def flood(service: Any) -> float:
    """Publish the prices."""
    feed = service.Feed()
    shown: list[float] = []
    await service.start(feed, shown)
    for price in range(10):
        gc.collect()
        feed.publish(float(price))
        await settled()
    return 10 - len(shown)
