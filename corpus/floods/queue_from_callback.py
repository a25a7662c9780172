"""Five thousand readings arrive while the database takes a tenth of a second for each."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import Slow, settled

MEASURES = "messages that wait when 5000 have come"
AT_MOST = 200
VIRTUAL = True


async def flood(service: Any) -> float:
    """Deliver the messages."""
    database = Slow(0.1)
    subscription = service.Subscription(database)
    storing = asyncio.create_task(subscription.run())
    for number in range(5000):
        subscription.on_message("sensors/1", b"%d" % number)
        if number % 100 == 0:
            await settled()
    assert database.calls
    storing.cancel()
    left: int = subscription.inbox.qsize()
    return left
