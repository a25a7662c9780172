"""Measurements that come by UDP wait in a short queue, and one task stores them; more are dropped.

UDP loses datagrams anyway. Here it is counted.
"""

import asyncio
import logging

log = logging.getLogger(__name__)


class Intake(asyncio.DatagramProtocol):
    """Takes measurements such as ``orders:3``."""

    def __init__(self, database: object) -> None:
        self.database = database
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(maxsize=100)
        self.dropped = 0
        self.storing: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Begin to store."""
        self.storing = asyncio.create_task(self.store())

    def connection_lost(self, exc: Exception | None) -> None:
        """End with the socket."""
        self.storing.cancel()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Have it stored."""
        try:
            self.waiting.put_nowait(data)
        except asyncio.QueueFull:
            self.dropped += 1

    async def store(self) -> None:
        """Write one measurement after another."""
        while True:
            data = await self.waiting.get()
            try:
                name, _, value = data.decode().partition(":")
                await self.database.insert(name, float(value))
            except Exception:
                log.exception("not stored: %r", data)


async def serve(database: object) -> asyncio.DatagramTransport:
    """Listen on a free port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Intake(database), local_addr=("127.0.0.1", 0)
    )
    return transport
