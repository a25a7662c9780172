"""One request loads a catalogue, the others wait for the same loading, and for its failure."""

import asyncio
from collections.abc import Awaitable, Callable


class Catalogue:
    """Loads once what all need."""

    def __init__(self, load: Callable[[], Awaitable[dict[str, float]]]) -> None:
        self.load = load
        self.loading: asyncio.Future[dict[str, float]] | None = None

    async def price(self, product: str) -> float:
        """Say what a product costs."""
        if self.loading is None:
            self.loading = asyncio.ensure_future(self.load())
        try:
            prices = await asyncio.shield(self.loading)
        except ConnectionError:
            self.loading = None
            raise
        return prices[product]
