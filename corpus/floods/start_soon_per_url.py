"""A user has two thousand feeds."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow, Tasks

MEASURES = "tasks alive at once while 2000 feeds are fetched"
AT_MOST = 12
VIRTUAL = True


async def flood(service: Any) -> float:
    """Fetch the feeds."""
    tasks = Tasks()
    reader = service.Reader(Slow(0.5))
    await reader.refresh([f"feed {number}" for number in range(2000)])
    assert len(reader.articles) == 2000
    return tasks.most
