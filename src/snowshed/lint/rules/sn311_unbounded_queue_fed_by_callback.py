"""A queue without a limit is fed by a handler or callback, which cannot be made to wait.

## What it does

Reports, as advice, a queue of `asyncio` or `queue` that is made without a `maxsize`, where a
handler of requests or a callback puts into it by `put_nowait`. So does one of many queues that a
collection keeps, such as one for each subscriber.

## Why

A callback cannot wait, so nothing tells the other side to slow down, and what comes faster than it
is taken stays in memory. In a flood the queue grows by the difference, each element is older than
the one before when its turn comes, and no metric shows it until memory ends. A limit makes it a
decision: refuse, drop the oldest, or disconnect who is too slow. Cause: channel-cascade.

## Bad

```python
import asyncio


class Subscription:
    def __init__(self) -> None:
        self.inbox = asyncio.Queue()

    def on_message(self, topic: str, payload: bytes) -> None:
        self.inbox.put_nowait(payload)
```

## Good

```python
import asyncio


class Subscription:
    def __init__(self) -> None:
        self.inbox = asyncio.Queue(maxsize=1_000)
        self.dropped = 0

    def on_message(self, topic: str, payload: bytes) -> None:
        try:
            self.inbox.put_nowait(payload)
        except asyncio.QueueFull:
            self.dropped += 1
```

## Not reported

A `SimpleQueue`, which has no limit to set; a function that asks how full it is; a coroutine that
is no handler, which could wait; what puts only a word such as `None` that says that there are no
more. Whether the other side is bounded by itself is not seen: that is why it is advice.

## Silence

`# snowshed: ignore[SN311] reason` on the line.
"""

from __future__ import annotations

from snowshed.lint._finding import Tier
from snowshed.lint._python._queues import fed_without_limit
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule(
    "SN311",
    "unbounded-queue-fed-by-callback",
    Cause.CHANNEL_CASCADE,
    in_python=fed_without_limit,
    tier=Tier.ADVICE,
)
