"""Money is moved under the locks of both accounts, the giver's first.

Two transfers in opposite directions each hold one lock and wait for the other's. Neither ends, nor
does any later one that needs either account.

Cause: channel-cascade. In the wild: WeblateOrg/weblate#19070, lkhq/laniakea#63 (other locks, same
order).
"""

import asyncio
from collections.abc import Awaitable, Callable


class Account:
    """An amount of money."""

    def __init__(self, number: int, amount: int) -> None:
        self.number = number
        self.amount = amount
        self.lock = asyncio.Lock()


class Bank:
    """Moves money."""

    def __init__(self, book: Callable[[int, int, int], Awaitable[object]]) -> None:
        self.book = book

    async def transfer(self, giver: Account, taker: Account, amount: int) -> None:
        """Move an amount, and write it down."""
        async with giver.lock:
            await self.book(giver.number, taker.number, amount)
            async with taker.lock:  # bug: SN315
                giver.amount -= amount
                taker.amount += amount
