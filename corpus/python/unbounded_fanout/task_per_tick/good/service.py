"""A device is asked at most every ten seconds, and not before it has answered or been given up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

PERIOD = 10.0
log = logging.getLogger(__name__)


class Poller:
    """Asks a device for its state."""

    def __init__(self, ask: Callable[[], Awaitable[object]]) -> None:
        self.ask = ask

    async def run(self) -> None:
        """Ask again and again."""
        while True:
            try:
                async with asyncio.timeout(PERIOD):
                    await self.once()
            except TimeoutError:
                log.warning("the device does not answer")
            await asyncio.sleep(PERIOD)

    async def once(self) -> None:
        """Ask."""
        log.info("the device says %r", await self.ask())
