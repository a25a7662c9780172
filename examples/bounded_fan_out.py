"""The same 200 lookups, all at once and ten at a time, as the service next door feels them.

Run it: python examples/bounded_fan_out.py
"""

from __future__ import annotations

import asyncio

import snowshed


class Neighbour:
    """A service that remembers how many calls it had at once."""

    def __init__(self) -> None:
        self.calls = 0
        self.peak = 0

    async def look_up(self, key: int) -> int:
        """Answer after a millisecond."""
        self.calls += 1
        self.peak = max(self.peak, self.calls)
        await asyncio.sleep(0.001)
        self.calls -= 1
        return key * key


async def main() -> None:
    flooded = Neighbour()
    await asyncio.gather(*(flooded.look_up(key) for key in range(200)))
    print(f"gather over a comprehension: {flooded.peak} calls at once")

    spared = Neighbour()
    async with snowshed.open_scope("squares") as scope:
        total = sum([square async for square in scope.map(spared.look_up, range(200), limit=10)])
    print(f"TaskScope.map(limit=10):     {spared.peak} calls at once, total {total}")


if __name__ == "__main__":
    asyncio.run(main())
