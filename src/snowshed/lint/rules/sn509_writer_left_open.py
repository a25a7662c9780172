"""One way out of a function leaves the writer of a connection open.

## What it does

Reports the `asyncio.StreamWriter` of a connection that the function which has it may leave open:

- a handler of `asyncio.start_server` never closes its writer;
- a `return` comes before the `close()`, or a loop ends, and only another way closes it;
- an `except` swallows an error that came before the `close()`.

What a handler or a collection has is told by default, the writer of a client as advice.

## Why

A connection of asyncio lives until its writer is closed. That the other side has gone ends the
reading and nothing else: the socket stays, in CLOSE_WAIT. Most connections end in another way than
the one that somebody thought of, so a flood of clients that come and go, as after an outage, ends
in "too many open files", and the server accepts nobody any more. Cause: unreleased-resource.

Some writers are closed by asyncio once nothing refers to them any more: that of a client since
Python 3.11.7, that of a handler since 3.13. Up to 3.12 the server itself refers to that of a
handler for as long as the other side keeps the connection. What a collection has stays open in
every version.

## Bad

```python
import asyncio

devices: dict[str, asyncio.StreamWriter] = {}


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    name = (await reader.readline()).decode().strip()
    devices[name] = writer
    while line := await reader.readline():
        if line.startswith(b"bye"):
            writer.close()
            return
        print(name, line)


async def serve() -> None:
    server = await asyncio.start_server(handle, "0.0.0.0", 7000)
    await server.serve_forever()
```

## Good

```python
import asyncio

devices: dict[str, asyncio.StreamWriter] = {}


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    name = (await reader.readline()).decode().strip()
    devices[name] = writer
    try:
        while line := await reader.readline():
            if line.startswith(b"bye"):
                return
            print(name, line)
    finally:
        del devices[name]
        writer.close()


async def serve() -> None:
    server = await asyncio.start_server(handle, "0.0.0.0", 7000)
    await server.serve_forever()
```

## Not reported

A writer that is returned, stored in an attribute, or given to another function or class, unless
that is a function of the same folder that only writes; one whose collection another function has
that closes something; one that a function inside has; one that an error leaves open on its way out
of the function, as asyncio then closes it. A condition around the `close()` is taken for the
question whether it is open, and where `is_closing()` holds it is closed. A client's writer that
nothing closes at all is told of by SN504.

## Silence

`# snowshed: ignore[SN509] reason` on the line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python._writers import left_writers
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python import Folder
    from snowshed.lint._python._writers import Left

__all__ = ["RULE"]


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each writer that is left open."""
    for left in left_writers(folder):
        module = left.writer.function.module
        may_live_on = left.writer.is_given or left.is_kept
        yield module.finding(
            RULE,
            left.exit or left.writer.made,
            _message(left),
            related=[module.related(each, "it is closed here") for each in left.ends[:2]],
            tier=Tier.DEFAULT if may_live_on else Tier.ADVICE,
            confidence=0.85,
        )


def _message(left: Left) -> str:
    name, function = left.writer.name, left.writer.function.short_name
    if left.exit is None:
        return f"`{name}` is never closed: each call of `{function}` leaves its connection open"
    if isinstance(left.exit, ast.Return):
        return f"`{function}` returns here and leaves `{name}` open, which it closes on other ways"
    return f"`{function}` may end after this and leave `{name}` open, which it closes on other ways"


RULE = Rule(
    "SN509",
    "writer-left-open",
    Cause.UNRELEASED_RESOURCE,
    in_python=in_python,
    severity=Severity.HIGH,
    asked="some",
)
