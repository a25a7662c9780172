"""Thirty requests need the catalogue, and it cannot be loaded at the first time."""

from __future__ import annotations

import asyncio
from typing import Any

MEASURES = "requests of 31 that still wait an hour later"
AT_MOST = 0
VIRTUAL = True


async def flood(service: Any) -> float:
    """Ask for prices."""
    failures = 1

    async def load() -> dict[str, float]:
        nonlocal failures
        await asyncio.sleep(1)
        failures -= 1
        if failures >= 0:
            raise ConnectionError
        return {"tea": 3.0}

    catalogue = service.Catalogue(load)
    asking = [asyncio.create_task(catalogue.price("tea")) for _ in range(30)]
    await asyncio.sleep(5)
    asking.append(asyncio.create_task(catalogue.price("tea")))
    done, pending = await asyncio.wait(asking, timeout=3600)
    assert any(task.exception() for task in done)
    for task in pending:
        task.cancel()
    return len(pending)
