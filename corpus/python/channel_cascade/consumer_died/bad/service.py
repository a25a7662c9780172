"""Events are written by one task, which ends at the first event that it cannot write.

The queue in front of it has a limit, so this is well made; only nobody takes anything out of it any
more. When it is full, each request waits for a place for ever. The error is told when the task is
collected, which it is not: the service keeps it.

Cause: channel-cascade. In the wild: dewet22/givenergy-modbus#54, kantord/SeaGOAT#127.
"""

import asyncio
import json


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
            await self.write(json.dumps(event))  # bug: SN324

    async def note(self, event: dict[str, object]) -> None:
        """Have an event written; wait if there are too many."""
        await self.waiting.put(event)
