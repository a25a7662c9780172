"""An exporter sends all batches by one client."""

import asyncio

import httpx


async def export(waiting: asyncio.Queue[list[dict[str, float]] | None], url: str) -> int:
    """Send each batch until None comes."""
    sent = 0
    async with httpx.AsyncClient() as client:
        while (batch := await waiting.get()) is not None:
            answer = await client.post(url, json=batch)
            answer.raise_for_status()
            sent += len(batch)
    return sent
