"""A token is renewed under a lock for threads, which is held while the new one is on its way.

The first task awaits; the second wants the lock and blocks, not itself, but the thread that all
tasks share. So the first never goes on and never lets go. The service stands still, without an
error.

Cause: missing-deadline. In the wild: Azure/azure-sdk-for-python#11591, Delgan/loguru#906.
"""

import threading
from collections.abc import Awaitable, Callable


class Credential:
    """A token that runs out."""

    def __init__(self, renew: Callable[[], Awaitable[str]]) -> None:
        self.renew = renew
        self.lock = threading.Lock()
        self.token: str | None = None

    async def get(self) -> str:
        """Return the token; fetch it if there is none."""
        with self.lock:
            if self.token is None:
                self.token = await self.renew()  # bug: SN208
            return self.token
