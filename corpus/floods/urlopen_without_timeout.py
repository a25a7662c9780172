"""Events wait for delivery behind one to a subscriber who never answers."""

from __future__ import annotations

import queue
from functools import partial
from typing import Any

from corpus.floods._world import PATIENCE, silent, still_stuck

MEASURES = "events of 3 that are still to be delivered, long after the limit"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Deliver the events."""
    service.TIMEOUT = PATIENCE
    waiting: queue.Queue[Any] = queue.Queue()
    with silent() as server:
        waiting.put((f"http://127.0.0.1:{server.port}/hook", {"order": 1}))
        # Nobody listens there, so these fail at once when it is their turn.
        waiting.put(("http://127.0.0.1:1/hook", {"order": 1}))
        waiting.put(("http://127.0.0.1:1/hook", {"order": 1}))
        waiting.put(None)
        stuck = still_stuck([partial(service.deliver_all, waiting)], server.has(1))
        return stuck + max(waiting.qsize() - 1, 0)
