"""One request loads a catalogue, the others wait for an event; loading fails, and it is not set.

The one who loads gets the error. The others have no part in it, and wait. So do all who come later,
as the mark that somebody is loading stays as well.

Cause: channel-cascade. In the wild: dhyansraj/mcp-mesh#819, python/cpython#74675 (asks for a way).
"""

import asyncio
from collections.abc import Awaitable, Callable


class Catalogue:
    """Loads once what all need."""

    def __init__(self, load: Callable[[], Awaitable[dict[str, float]]]) -> None:
        self.load = load
        self.prices: dict[str, float] = {}
        self.loaded: asyncio.Event | None = None

    async def price(self, product: str) -> float:
        """Say what a product costs."""
        if self.loaded is None:
            self.loaded = asyncio.Event()
            self.prices = await self.load()
            self.loaded.set()  # bug: SN316
        await self.loaded.wait()
        return self.prices[product]
