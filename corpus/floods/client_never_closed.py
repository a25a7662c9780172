"""Eight times somebody's name is asked for."""

from __future__ import annotations

import gc
from typing import Any

from corpus.floods._world import Server, settled

MEASURES = "connections left open by 8 calls, one after another"
AT_MOST = 2
VIRTUAL = False


async def flood(service: Any) -> float:
    """Ask."""
    # When the collector comes by depends on all else that was made; here it does so afterwards.
    gc.disable()
    async with Server(b'{"name": "ann"}').serving() as directory:
        known = service.Directory(directory.url)
        for _ in range(8):
            assert await known.who_is("secret") == "ann"
        await settled()
        return directory.open
