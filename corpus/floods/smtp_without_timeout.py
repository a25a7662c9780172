"""Three jobs have failed, and the mail server accepts and does not greet."""

from __future__ import annotations

from functools import partial
from typing import Any

from corpus.floods._world import PATIENCE, silent, still_stuck

MEASURES = "mails of 3 that still wait for a greeting, long after the limit"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Send the mails."""
    service.TIMEOUT = PATIENCE
    with silent() as server:
        mail = partial(service.tell_of_failure, "127.0.0.1", server.port, "backup", "disk full")
        return still_stuck([mail] * 3, server.has(3))
