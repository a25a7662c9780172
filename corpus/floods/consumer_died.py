"""Forty events are noted, the first of which is no JSON."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import Slow

MEASURES = "requests of 40 that still wait, an hour later, for a place in the queue"
AT_MOST = 0
VIRTUAL = True


async def flood(service: Any) -> float:
    """Note the events."""
    journal = service.Journal(Slow(0.01))
    journal.start()
    events: list[dict[str, Any]] = [{"at": object()}, *({"at": number} for number in range(39))]
    noting = [asyncio.create_task(journal.note(event)) for event in events]
    _, pending = await asyncio.wait(noting, timeout=3600)
    for task in pending:
        task.cancel()
    return len(pending)
