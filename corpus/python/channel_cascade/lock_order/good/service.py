"""Money is moved under the locks of both accounts, that with the lower number first."""

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
        first, second = sorted((giver, taker), key=lambda account: account.number)
        async with first.lock, second.lock:
            await self.book(giver.number, taker.number, amount)
            giver.amount -= amount
            taker.amount += amount
