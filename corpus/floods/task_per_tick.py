"""A device hangs for an hour."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import Slow, Tasks

MEASURES = "tasks that ask a device which has hung for an hour"
AT_MOST = 3
VIRTUAL = True


async def flood(service: Any) -> float:
    """Ask the device."""
    tasks, ask = Tasks(), Slow(7200)
    polling = asyncio.create_task(service.Poller(ask).run())
    await asyncio.sleep(3600)
    assert len(ask.calls) > 100
    polling.cancel()
    return tasks.most
