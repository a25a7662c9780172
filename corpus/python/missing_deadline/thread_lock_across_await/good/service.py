"""A token is renewed under a lock for tasks: who waits for it lets the others go on."""

import asyncio
from collections.abc import Awaitable, Callable


class Credential:
    """A token that runs out."""

    def __init__(self, renew: Callable[[], Awaitable[str]]) -> None:
        self.renew = renew
        self.lock = asyncio.Lock()
        self.token: str | None = None

    async def get(self) -> str:
        """Return the token; fetch it if there is none."""
        async with self.lock:
            if self.token is None:
                self.token = await self.renew()
            return self.token
