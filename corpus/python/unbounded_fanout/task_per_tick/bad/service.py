"""Every ten seconds a task asks a device; whether the last one has ended, nobody looks.

A device that answers in two seconds is asked six times a minute. One that hangs is asked as often,
and the questions pile up: on our side as tasks, on its side as connections, which is why it hangs.

Cause: unbounded-fanout.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

PERIOD = 10.0
log = logging.getLogger(__name__)


class Poller:
    """Asks a device for its state."""

    def __init__(self, ask: Callable[[], Awaitable[object]]) -> None:
        self.ask = ask
        self.asking: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Ask again and again."""
        while True:
            task = asyncio.create_task(self.once())  # bug: SN403
            self.asking.add(task)
            task.add_done_callback(self.asking.discard)
            await asyncio.sleep(PERIOD)

    async def once(self) -> None:
        """Ask."""
        log.info("the device says %r", await self.ask())
