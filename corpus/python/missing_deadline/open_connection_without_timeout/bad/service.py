"""A game server is asked over TCP how many play, with nothing that limits the asking.

`asyncio.open_connection` has no timeout, and neither has a read. When the game server hangs, so
does each task that asks, with a socket: one for each time that the page is looked at.

Cause: missing-deadline. In the wild: conqp/rcon#23, wlcrs/tmodbus#27.
"""

import asyncio


async def players(host: str, port: int) -> int:
    """Ask one server."""
    reader, writer = await asyncio.open_connection(host, port)  # bug: SN206
    try:
        writer.write(b"players\n")
        await writer.drain()
        return int(await reader.readline())
    finally:
        writer.close()
