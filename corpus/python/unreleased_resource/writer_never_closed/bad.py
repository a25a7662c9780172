"""A server of a small protocol lets a connection be when its client errs, or leaves.

A handler that returns does not close its connection: the loop keeps the socket until the writer is
closed. The client has gone, and the socket waits for us in CLOSE_WAIT. Port scanners and clients
that reconnect are enough for "too many open files".

Cause: unreleased-resource. In the wild: OHF-Voice/wyoming#51, mosquito/aiormq#231.
"""

import asyncio


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one client."""
    while True:
        command = await reader.readline()
        if command == b"ping\n":
            writer.write(b"pong\n")
            await writer.drain()
        elif command == b"quit\n":
            writer.close()
            return
        else:
            return  # bug: no rule


async def serve() -> asyncio.Server:
    """Listen on a free port."""
    return await asyncio.start_server(handle, "127.0.0.1", 0)
