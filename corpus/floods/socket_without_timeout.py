"""The health of a cache that hangs is asked four times."""

from __future__ import annotations

from functools import partial
from typing import Any

from corpus.floods._world import PATIENCE, silent, still_stuck

MEASURES = "checks of 4 that still wait, long after the limit"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Ask."""
    service.TIMEOUT = PATIENCE
    with silent() as server:
        check = partial(service.is_healthy, "127.0.0.1", server.port)
        return still_stuck([check] * 4, server.has(4))
