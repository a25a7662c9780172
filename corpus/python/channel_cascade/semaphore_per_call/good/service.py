"""Calls of a model are limited to three at a time, by a semaphore that all of them share."""

import asyncio

MOST = 3


class Model:
    """A language model that allows so many calls at a time."""

    def __init__(self, api: object) -> None:
        self.api = api
        self.limit = asyncio.Semaphore(MOST)

    async def complete(self, prompt: str) -> str:
        """Return what the model says."""
        async with self.limit:
            return await self.api.post(prompt)
