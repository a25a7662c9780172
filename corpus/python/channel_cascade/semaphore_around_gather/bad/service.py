"""A crawl is limited to five pages at a time, but the place is taken once, around all of them.

Who holds the semaphore is the task that gathers; the hundred that it starts never see it. It does
limit something: how many crawls run, which nobody wanted.

Cause: channel-cascade. In the wild: mjpieters/aiolimiter#69, mjpieters/aiolimiter#63.
"""

import asyncio
from collections.abc import Awaitable, Callable


class Crawler:
    """Fetches pages."""

    def __init__(self, fetch: Callable[[str], Awaitable[str]], most: int = 5) -> None:
        self.fetch = fetch
        self.places = asyncio.Semaphore(most)

    async def crawl(self, pages: list[str]) -> list[str]:
        """Fetch all pages, not too many at a time."""
        async with self.places:
            return await asyncio.gather(*(self.fetch(page) for page in pages))  # bug: SN313
