"""Two replicas are asked at once and the first answer is taken; the other question is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable

Replica = Callable[[str], Awaitable[str]]


async def read(key: str, replicas: list[Replica]) -> str:
    """Return what the fastest replica says."""
    asked = [asyncio.ensure_future(replica(key)) for replica in replicas]
    try:
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for question in asked:
            question.cancel()
