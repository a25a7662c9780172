"""Money is moved from each of two accounts to the other, ten times at once."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import Slow

MEASURES = "transfers of 10 that still wait an hour later"
AT_MOST = 0
VIRTUAL = True


async def flood(service: Any) -> float:
    """Move the money."""
    bank = service.Bank(Slow(0.01))
    one, two = service.Account(1, 100), service.Account(2, 100)
    pairs = [(one, two), (two, one)] * 5
    moving = [asyncio.create_task(bank.transfer(*pair, 1)) for pair in pairs]
    _, pending = await asyncio.wait(moving, timeout=3600)
    for task in pending:
        task.cancel()
    assert one.amount + two.amount == 200
    return len(pending)
