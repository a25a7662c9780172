"""Five rates are asked for, and the other side accepts and says nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

from corpus.floods._world import PATIENCE, silent, still_stuck

MEASURES = "threads of 5 that still wait, long after the limit"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Ask for the rates."""
    service.TIMEOUT = PATIENCE
    with silent() as server:
        service.RATES = f"http://127.0.0.1:{server.port}"
        return still_stuck([partial(service.rate, "EUR")] * 5, server.has(5))
