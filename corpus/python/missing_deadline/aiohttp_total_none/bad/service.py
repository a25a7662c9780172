"""Large files are fetched by a session without a total limit, and without any other.

The five minutes that aiohttp has end a large download, so they were switched off. What should have
come instead is a limit for each read: a server that stops in the middle is now waited for always.

Cause: missing-deadline.
"""

import aiohttp


def open_session() -> aiohttp.ClientSession:
    """Make the session of the service."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))  # bug: SN202


async def size_of(session: aiohttp.ClientSession, url: str) -> int:
    """Fetch a file piece by piece."""
    size = 0
    async with session.get(url) as answer:
        async for piece in answer.content.iter_chunked(65536):
            size += len(piece)
    return size
