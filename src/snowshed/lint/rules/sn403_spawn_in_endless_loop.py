"""Each turn of a loop that does not end starts something that it does not wait for.

## What it does

Reports two loops of Python in which nothing but luck limits how many tasks or threads there are:
that of a handler of a WebSocket, which starts one for each message that its client sends; and one
that sleeps and starts one again and again, if that asks somebody else and has no timeout.

Any other is told as advice, in Go and Python: each turn of an endless loop starts a goroutine, task
or thread, or there is one for each element of a channel or of what `async for` reads; the loop does
not wait for it, and nothing limits how many there are.

## Why

The loop goes as fast as what feeds it, and not as fast as what it starts is done. As long as the
work is quicker nobody notices; when it becomes slower they pile up, one for each message or tick,
and the channel between sender and receiver, which would have held the sender back, holds nobody. A
device that is asked each ten seconds and hangs for an hour has 360 questions open. Cause:
unbounded-fanout.

## Bad

```go
package p

func serve(messages <-chan string) {
        for message := range messages {
                go handle(message)
        }
}

func handle(message string) {}
```

```python
import asyncio


async def serve(messages: asyncio.Queue[str]) -> None:
    answering = set()
    while True:
        task = asyncio.create_task(handle(await messages.get()))
        answering.add(task)
        task.add_done_callback(answering.discard)
```

## Good

```go
package p

func serve(messages <-chan string) {
        for range 8 {
                go func() {
                        for message := range messages {
                                handle(message)
                        }
                }()
        }
}

func handle(message string) {}
```

```python
import asyncio


async def serve(messages: asyncio.Queue[str]) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(worker(messages))


async def worker(messages: asyncio.Queue[str]) -> None:
    while True:
        await handle(await messages.get())
```

## Not reported

The loop of a server that accepts connections, what takes a place first, what is waited for in the
same turn, and a turn after which the loop is left. Handlers of requests are told of by SN101. A
task that nobody keeps is told of by SN102, and here as advice.

## Silence

`//snowshed:ignore SN403 reason` or `# snowshed: ignore[SN403] reason`, on the line or the one above
it.
"""

from __future__ import annotations

from snowshed.lint._go._fanout import endless
from snowshed.lint._python._turns import endless as endless_in_python
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule(
    "SN403",
    "spawn-in-endless-loop",
    Cause.UNBOUNDED_FANOUT,
    in_go=endless,
    in_python=endless_in_python,
    asked="all of Go, some of Python",
)
