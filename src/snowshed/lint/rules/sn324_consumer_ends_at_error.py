"""A task that takes from a queue ends at the first error, nobody is told, and who puts waits.

## What it does

Reports, in a task that takes from an `asyncio.Queue` in a loop without an end, the work that is
awaited for each element and that no `except` stands around, if others wait and nobody looks at the
task meanwhile: it is not awaited, has no callback, is in no group. They wait in `put` for a place
in a queue with a limit; or in `join`, of any queue, until each element is done. Who starts workers,
waits in `join` and only then cancels or awaits them, looks at them too late.

## Why

A limit on a queue is right: it makes who is too fast wait. It also ties each of them to the task
that takes. One element that cannot be handled ends that task, its error is told when the task is
collected, and as somebody keeps it that is never. The queue fills, and then each request stands in
`put` for ever: the limit that should have held the flood has become the dam. `join` is worse: the
element that failed is never done, however many workers are left. Cause: channel-cascade.

## Bad

```python
import asyncio


class Journal:
    def __init__(self) -> None:
        self.events = asyncio.Queue(maxsize=100)

    def start(self) -> None:
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        while True:
            event = await self.events.get()
            await self.write(event)

    async def note(self, event: dict) -> None:
        await self.events.put(event)
```

## Good

```python
import asyncio
import logging


class Journal:
    def __init__(self) -> None:
        self.events = asyncio.Queue(maxsize=100)

    def start(self) -> None:
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        while True:
            event = await self.events.get()
            try:
                await self.write(event)
            except Exception:
                logging.exception("an event is lost: %r", event)

    async def note(self, event: dict) -> None:
        await self.events.put(event)
```

## Not reported

A loop that has an `except` of any width around it or its work, save for a cancellation, as somebody
has thought of it; work in a `with`, which may handle errors; work that is not awaited; a queue that
was given from elsewhere; a queue without a limit for which nobody waits in `join`, which fills
memory instead. Of `join`: workers that are raced with it, a `join` that gives up after a while, and
a `task_done` in a `finally`, after which the workers that are left go on.

## Silence

`# snowshed: ignore[SN324] reason` on the line of the work.
"""

from __future__ import annotations

from snowshed.lint._python._consumers import mortal
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

__all__ = ["RULE"]

RULE = Rule(
    "SN324",
    "consumer-ends-at-error",
    Cause.CHANNEL_CASCADE,
    in_python=mortal,
    severity=Severity.HIGH,
    in_tests=True,
)
