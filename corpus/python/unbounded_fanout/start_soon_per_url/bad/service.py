"""A feed reader fetches all feeds of a user at once, in a task group of anyio.

The group sees to it that no task is left over. A user with three thousand feeds still has three
thousand tasks, connections and parsed documents at the same moment, every quarter of an hour.

Cause: unbounded-fanout. In the wild: omnilib/aioitertools#9, python/cpython#115201 ask for a limit.
"""

from collections.abc import Awaitable, Callable

import anyio


class Reader:
    """Fetches the feeds of users."""

    def __init__(self, fetch: Callable[[str], Awaitable[str]]) -> None:
        self.fetch = fetch
        self.articles: dict[str, str] = {}

    async def refresh(self, feeds: list[str]) -> None:
        """Fetch all feeds of a user."""
        async with anyio.create_task_group() as group:
            for feed in feeds:
                group.start_soon(self.refresh_one, feed)  # bug: SN402

    async def refresh_one(self, feed: str) -> None:
        """Fetch one feed."""
        self.articles[feed] = await self.fetch(feed)
