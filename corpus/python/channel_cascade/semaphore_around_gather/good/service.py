"""A crawl is limited to five pages at a time: each page takes a place."""

import asyncio
from collections.abc import Awaitable, Callable


class Crawler:
    """Fetches pages."""

    def __init__(self, fetch: Callable[[str], Awaitable[str]], most: int = 5) -> None:
        self.fetch = fetch
        self.places = asyncio.Semaphore(most)

    async def crawl(self, pages: list[str]) -> list[str]:
        """Fetch all pages, not too many at a time."""

        async def fetched(page: str) -> str:
            async with self.places:
                return await self.fetch(page)

        return await asyncio.gather(*(fetched(page) for page in pages))
