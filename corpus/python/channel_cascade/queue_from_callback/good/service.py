"""Messages of a broker are put into a queue with a limit; the oldest goes when it is full.

A reading that is older than a hundred others is worth nothing. That one was dropped is counted.
"""

import asyncio
import logging

log = logging.getLogger(__name__)


class Subscription:
    """Takes readings of sensors from a broker and stores them."""

    def __init__(self, database: object) -> None:
        self.database = database
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue(maxsize=100)
        self.dropped = 0

    def on_message(self, topic: str, payload: bytes) -> None:
        """Take a message; the client of the broker calls it."""
        if self.inbox.full():
            self.inbox.get_nowait()
            self.dropped += 1
        self.inbox.put_nowait(payload)

    async def run(self) -> None:
        """Store one message after another."""
        while True:
            payload = await self.inbox.get()
            try:
                await self.database.insert(payload)
            except Exception:
                log.exception("not stored: %r", payload)
