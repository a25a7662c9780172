"""A game server is asked over TCP how many play; connecting and answering share one limit."""

import asyncio

TIMEOUT = 2.0


async def players(host: str, port: int) -> int:
    """Ask one server."""
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(b"players\n")
            await writer.drain()
            return int(await reader.readline())
        finally:
            writer.close()
