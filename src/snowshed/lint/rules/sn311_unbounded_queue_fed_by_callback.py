"""A queue without a limit is fed by a handler or callback, which cannot be made to wait.

## What it does

Reports a queue of `asyncio` or `queue` that is made without a `maxsize`, and of which one of these
is to be seen as well:

- The one task that takes from it waits with each element for somebody else, such as a database, and
  what puts into it by `put_nowait` is a handler, a callback or another plain function, which passes
  on what it is given.
- What puts into it handles `QueueFull`, which never comes: somebody took it for limited.
- It is one of many, such as one for each subscriber, and nothing takes it out of the collection
  that keeps them.

As advice, any other such queue that a handler of requests or a callback feeds.

## Why

A callback cannot wait, so nothing tells the other side to slow down, and what comes faster than it
is taken stays in memory. In a flood the queue grows by the difference, each element is older than
the one before when its turn comes, and no metric shows it until memory ends. When the database or
the broker is away for a while, all that was sent meanwhile is kept. A limit makes it a decision:
refuse, drop the oldest, or disconnect who is too slow. Cause: channel-cascade.

## Bad

```python
import asyncio

from shop import Database


class Subscription:
    def __init__(self) -> None:
        self.inbox = asyncio.Queue()

    def on_message(self, topic: str, payload: bytes) -> None:
        self.inbox.put_nowait(payload)

    async def run(self, database: Database) -> None:
        while True:
            await database.insert(await self.inbox.get())
```

## Good

```python
import asyncio

from shop import Database


class Subscription:
    def __init__(self) -> None:
        self.inbox = asyncio.Queue(maxsize=1_000)
        self.dropped = 0

    def on_message(self, topic: str, payload: bytes) -> None:
        try:
            self.inbox.put_nowait(payload)
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self, database: Database) -> None:
        while True:
            await database.insert(await self.inbox.get())
```

## Not reported

A `SimpleQueue`, which has no limit to set; a function that asks how full it is; a coroutine that is
no handler, which could wait; what puts only a word such as `None` that says that there are no more.
Whether the other side is bounded by itself is not seen: that is why the rest is advice, and so is
what something holds back (`qsize`, `full`, `pause_reading`), what several tasks take from, and what
is waited for with some elements only.

## Silence

`# snowshed: ignore[SN311] reason` on the line.
"""

from __future__ import annotations

from snowshed.lint._python._queues import fed_without_limit
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule(
    "SN311",
    "unbounded-queue-fed-by-callback",
    Cause.CHANNEL_CASCADE,
    in_python=fed_without_limit,
    asked="some",
)
