"""A gateway knows its devices by their connections, and closes each when its device has gone."""

import asyncio

devices: dict[str, asyncio.StreamWriter] = {}


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one device."""
    name = (await reader.readline()).decode().strip()
    devices[name] = writer
    try:
        writer.write(b"welcome\n")
        while line := await reader.readline():
            if line == b"bye\n":
                return
    finally:
        del devices[name]
        writer.close()


async def command(name: str, text: str) -> None:
    """Tell a device what to do."""
    devices[name].write(text.encode() + b"\n")
    await devices[name].drain()


async def serve() -> asyncio.Server:
    """Listen on a free port."""
    return await asyncio.start_server(handle, "127.0.0.1", 0)
