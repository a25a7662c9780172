"""A hundred prompts come at once."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import Slow

MEASURES = "calls of the model at one time, of which 3 are allowed"
AT_MOST = 3
VIRTUAL = True


async def flood(service: Any) -> float:
    """Send the prompts."""
    api = Slow(1)
    model = service.Model(api)
    answers = await asyncio.gather(*(model.complete(f"{number}") for number in range(100)))
    assert answers == [f"{number}" for number in range(100)]
    return api.most
