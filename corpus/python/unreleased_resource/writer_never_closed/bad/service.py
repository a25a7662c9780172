"""A gateway keeps the connections of its devices, and does not close those of devices that vanish.

A device that says "bye" is forgotten. One whose connection ends otherwise stays among those that
are there, and its socket stays open, in CLOSE_WAIT, as nobody closes our side. Most devices never
say "bye", and some come back every minute: after that it is "too many open files".

Cause: unreleased-resource. In the wild: OHF-Voice/wyoming#51, mosquito/aiormq#231.
"""

import asyncio

devices: dict[str, asyncio.StreamWriter] = {}


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one device."""
    name = (await reader.readline()).decode().strip()
    devices[name] = writer
    writer.write(b"welcome\n")
    while line := await reader.readline():  # bug: SN509
        if line == b"bye\n":
            del devices[name]
            writer.close()
            return


async def command(name: str, text: str) -> None:
    """Tell a device what to do."""
    devices[name].write(text.encode() + b"\n")
    await devices[name].drain()


async def serve() -> asyncio.Server:
    """Listen on a free port."""
    return await asyncio.start_server(handle, "127.0.0.1", 0)
