"""A file is fetched as a stream, and let go when it is found to be too large.

A response that is neither read to its end nor closed keeps its connection of the pool. After as
many as the pool has, everybody else waits for one, and gets `PoolTimeout`.

Cause: unreleased-resource. In the wild: openai/openai-python#763.
"""

import httpx

LARGEST = 100_000


class Pictures:
    """Fetches pictures of other sites."""

    def __init__(self) -> None:
        self.client = httpx.AsyncClient(limits=httpx.Limits(max_connections=5))

    async def fetch(self, url: str) -> bytes | None:
        """Return a picture; None: it is too large."""
        request = self.client.build_request("GET", url)
        answer = await self.client.send(request, stream=True)  # bug: SN501
        if int(answer.headers["Content-Length"]) > LARGEST:
            return None
        content = await answer.aread()
        await answer.aclose()
        return content
