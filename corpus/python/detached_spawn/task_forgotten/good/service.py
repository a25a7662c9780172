"""A watcher of prices runs in a task that the service keeps, and cancels when it stops."""

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


tasks: set[asyncio.Task[None]] = set()


async def start(feed: Feed, shown: list[float]) -> None:
    """Start the service."""
    task = asyncio.create_task(Watcher(feed, shown).run())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    await asyncio.sleep(0)


async def stop() -> None:
    """Stop the service."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
