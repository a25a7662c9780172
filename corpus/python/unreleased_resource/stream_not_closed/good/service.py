"""A file is fetched as a stream, which is closed when it is found to be too large."""

import httpx

LARGEST = 100_000


class Pictures:
    """Fetches pictures of other sites."""

    def __init__(self) -> None:
        self.client = httpx.AsyncClient(limits=httpx.Limits(max_connections=5))

    async def fetch(self, url: str) -> bytes | None:
        """Return a picture; None: it is too large."""
        async with self.client.stream("GET", url) as answer:
            if int(answer.headers["Content-Length"]) > LARGEST:
                return None
            return await answer.aread()
