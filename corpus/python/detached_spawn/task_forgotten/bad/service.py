"""A watcher of prices runs in a task to which nobody keeps a reference, and disappears.

The event loop refers to tasks weakly. This one waits for an event that only it has, and the feed
knows its subscribers weakly, as many signal libraries do: the whole of it is garbage. At the next
collection the watcher is gone, without an error, and prices stay as they were.

Cause: detached-spawn. In the wild: getzep/graphiti#1176, python/cpython#91887.
"""

import asyncio
import weakref


class Feed:
    """Tells subscribers of new prices for as long as somebody else needs them."""

    def __init__(self) -> None:
        self.price = 0.0
        self.subscribers: weakref.WeakSet[Watcher] = weakref.WeakSet()

    def publish(self, price: float) -> None:
        """Have a new price."""
        self.price = price
        for subscriber in self.subscribers:
            subscriber.changed.set()


class Watcher:
    """Takes over each new price."""

    def __init__(self, feed: Feed, shown: list[float]) -> None:
        self.changed = asyncio.Event()
        self.feed = feed
        self.shown = shown
        feed.subscribers.add(self)

    async def run(self) -> None:
        """Wait for prices."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            self.shown.append(self.feed.price)


async def start(feed: Feed, shown: list[float]) -> None:
    """Start the service."""
    asyncio.create_task(Watcher(feed, shown).run())  # bug: SN102
    await asyncio.sleep(0)
