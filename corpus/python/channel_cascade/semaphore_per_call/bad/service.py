"""Calls of a model are limited to three at a time, by a semaphore that each call makes for itself.

The first to take a place in it is always the only one. All calls run at once, the model refuses
them, and the code reads as if that could not be.

Cause: channel-cascade.
"""

import asyncio

MOST = 3


class Model:
    """A language model that allows so many calls at a time."""

    def __init__(self, api: object) -> None:
        self.api = api

    async def complete(self, prompt: str) -> str:
        """Return what the model says."""
        limit = asyncio.Semaphore(MOST)  # bug: SN313
        async with limit:
            return await self.api.post(prompt)
