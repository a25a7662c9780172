"""An exporter makes a client for each batch that it sends.

Making one is the dearest thing that a client does: certificates are read, a connection is made and
given up. In a loop it is done for each batch, and the receiver sees a new connection every time.

Cause: unreleased-resource. In the wild: lablup/backend.ai#7903.
"""

import asyncio

import httpx


async def export(waiting: asyncio.Queue[list[dict[str, float]] | None], url: str) -> int:
    """Send each batch until None comes."""
    sent = 0
    while (batch := await waiting.get()) is not None:
        async with httpx.AsyncClient() as client:  # bug: SN503
            answer = await client.post(url, json=batch)
            answer.raise_for_status()
        sent += len(batch)
    return sent
