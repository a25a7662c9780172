"""A hundred keys are read while one of two replicas hangs."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow, Tasks, settled

MEASURES = "tasks left over by 100 reads"
AT_MOST = 0
VIRTUAL = True


async def flood(service: Any) -> float:
    """Read."""
    tasks = Tasks()
    for number in range(100):
        assert await service.read(f"key {number}", [Slow(0.01), Slow(3600)]) == f"key {number}"
    await settled()
    return tasks.live
