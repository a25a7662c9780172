"""Events are written by one task, which goes on after an event that it cannot write."""

import asyncio
import json
import logging

log = logging.getLogger(__name__)


class Journal:
    """Writes events, one after another."""

    def __init__(self, write: object) -> None:
        self.write = write
        self.waiting: asyncio.Queue[dict[str, object]] = asyncio.Queue(maxsize=10)
        self.writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self.writer = asyncio.create_task(self.run())

    async def run(self) -> None:
        """Write."""
        while True:
            event = await self.waiting.get()
            try:
                await self.write(json.dumps(event))
            except Exception:
                log.exception("an event is lost: %r", event)

    async def note(self, event: dict[str, object]) -> None:
        """Have an event written; wait if there are too many."""
        await self.waiting.put(event)
