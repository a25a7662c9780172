"""A feed reader fetches the feeds of a user ten at a time, in a task group of anyio.

The limiter is asked before a task is started, so that the tasks are few as well.
"""

from collections.abc import Awaitable, Callable

import anyio


class Reader:
    """Fetches the feeds of users."""

    def __init__(self, fetch: Callable[[str], Awaitable[str]]) -> None:
        self.fetch = fetch
        self.articles: dict[str, str] = {}
        self.places = anyio.Semaphore(10)

    async def refresh(self, feeds: list[str]) -> None:
        """Fetch all feeds of a user."""
        async with anyio.create_task_group() as group:
            for feed in feeds:
                await self.places.acquire()
                group.start_soon(self.refresh_one, feed)

    async def refresh_one(self, feed: str) -> None:
        """Fetch one feed."""
        try:
            self.articles[feed] = await self.fetch(feed)
        finally:
            self.places.release()
