"""Each measurement that comes by UDP is stored by a task of its own.

`datagram_received` is no coroutine, so it cannot wait; a task seems to be the way out. Who sends
can do so faster than the database stores, and nothing tells it to stop: the tasks are the queue,
without an end to it. Nor is one of them kept, so the collector may take it.

Cause: detached-spawn. In the wild: livekit/agents#7054 found 15 such tasks at once.
"""

import asyncio


class Intake(asyncio.DatagramProtocol):
    """Takes measurements such as ``orders:3``."""

    def __init__(self, database: object) -> None:
        self.database = database

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Have it stored."""
        name, _, value = data.decode().partition(":")
        asyncio.ensure_future(self.store(name, float(value)))  # bug: SN102

    async def store(self, name: str, value: float) -> None:
        """Write one measurement."""
        await self.database.insert(name, value)


async def serve(database: object) -> asyncio.DatagramTransport:
    """Listen on a free port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Intake(database), local_addr=("127.0.0.1", 0)
    )
    return transport
