"""Large files are fetched for as long as something comes."""

import aiohttp

TIMEOUT = 30.0


def open_session() -> aiohttp.ClientSession:
    """Make the session of the service."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT, sock_read=TIMEOUT)
    return aiohttp.ClientSession(timeout=timeout)


async def size_of(session: aiohttp.ClientSession, url: str) -> int:
    """Fetch a file piece by piece."""
    size = 0
    async with session.get(url) as answer:
        async for piece in answer.content.iter_chunked(65536):
            size += len(piece)
    return size
