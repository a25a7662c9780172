"""A server of a small protocol closes each connection, however its client leaves."""

import asyncio


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one client."""
    try:
        while True:
            command = await reader.readline()
            if command != b"ping\n":
                return
            writer.write(b"pong\n")
            await writer.drain()
    finally:
        writer.close()


async def serve() -> asyncio.Server:
    """Listen on a free port."""
    return await asyncio.start_server(handle, "127.0.0.1", 0)
