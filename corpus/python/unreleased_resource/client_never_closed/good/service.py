"""A directory is asked who somebody is, by a client that it keeps and closes."""

from types import TracebackType

import httpx


class Directory:
    """Knows who somebody is; to be used with ``async with``."""

    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=url)

    async def __aenter__(self) -> "Directory":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: object, at: TracebackType | None
    ) -> None:
        await self.client.aclose()

    async def who_is(self, token: str) -> str:
        """Return the name that belongs to a token."""
        answer = await self.client.get("/me", headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        return answer.json()["name"]
