"""Messages of a broker are put into a queue without a limit, by a callback that cannot wait.

One task takes them out, at the speed of the database. When the broker is faster, for example after
an outage when all comes at once, the difference stays in memory, and each message is older than the
one before when it is stored. No metric of the service shows it.

Cause: channel-cascade. In the wild: axisrow/tg_content_factory#445.
"""

import asyncio
import logging

log = logging.getLogger(__name__)


class Subscription:
    """Takes readings of sensors from a broker and stores them."""

    def __init__(self, database: object) -> None:
        self.database = database
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue()  # bug: SN311

    def on_message(self, topic: str, payload: bytes) -> None:
        """Take a message; the client of the broker calls it."""
        self.inbox.put_nowait(payload)  # bug: SN311

    async def run(self) -> None:
        """Store one message after another."""
        while True:
            payload = await self.inbox.get()
            try:
                await self.database.insert(payload)
            except Exception:
                log.exception("not stored: %r", payload)
