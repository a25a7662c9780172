"""Two tasks want a token at the same time, on an event loop that may stop for ever."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import Slow, still_stuck

MEASURES = "event loops of 1 that stand still"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Ask for the token in a thread with a loop of its own."""
    renew = Slow(0.01)

    async def ask() -> None:
        credential = service.Credential(renew)
        await asyncio.gather(credential.get(), credential.get())

    return still_stuck([lambda: asyncio.run(ask())], lambda: renew.calls)
