"""A connection is opened, and nothing ends the wait for a peer that does not answer.

## What it does

Reports an `await` of `asyncio.open_connection`, `anyio.connect_tcp` or `trio.open_tcp_stream` that
stands under no timeout: neither a `wait_for` nor a block such as `asyncio.timeout`, here or where
functions of the same folder call it. What a loop has for libraries, `create_connection` and
`sock_connect`, is told as advice.

## Why

They wait until the kernel gives up, which takes two minutes for a peer that is gone, and then as
long again for the next address of the same name; a handshake of TLS with a peer that says nothing
takes one more. All the while the task and its caller wait, and more come behind them. Cause:
missing-deadline.

## Bad

```python
import asyncio


async def ask(host: str) -> bytes:
    reader, writer = await asyncio.open_connection(host, 4711)
    writer.write(b"?")
    return await reader.readline()
```

## Good

```python
import asyncio


async def ask(host: str) -> bytes:
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection(host, 4711)
        writer.write(b"?")
        return await reader.readline()
```

## Not reported

What waits for others by design: `accept`, and reads of a protocol. Sockets of the same machine, and
those that are connected already. A function that is given a timeout, or whose callers have one, and
a coroutine that is handed to something which may limit it. A timeout of a caller in another folder
is not seen.

## Silence

`# snowshed: ignore[SN206] reason` on the line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python import is_loop, last_name, written
from snowshed.lint._rule import Rule
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python import Folder, Function, Module

__all__ = ["RULE"]

_CONNECTS = ("asyncio.open_connection", "anyio.connect_tcp", "trio.open_tcp_stream")
_OF_LOOPS = ("create_connection", "sock_connect")
# So many calls are followed upwards.
_STEPS = 4
_ENDS = re.compile(r"timeout|fail_after|move_on_after|deadline|fail_at|move_on_at|cancel_scope")


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each connection that is waited for without an end."""
    for module in folder.modules:
        for call, tier in _connects(module):
            function = module.function_of(call)
            waits = module.is_awaited(call) and not any(
                each.arg == "sock" for each in call.keywords
            )
            if (
                waits
                and not _is_ended(module, call)
                and not _is_told(function)
                and not _callers_end_it(folder, function)
            ):
                word = written(call.func)
                message = f"nothing ends the wait of `{word}` for a peer that does not answer"
                yield module.finding(RULE, call, message, tier=tier, confidence=0.8)


def _connects(module: Module) -> Iterator[tuple[ast.Call, Tier]]:
    for call in module.calls_of(*_CONNECTS):
        yield call, Tier.DEFAULT
    for call in module.calls_named(*_OF_LOOPS):
        # These are for libraries, which mostly leave the end to who calls them.
        if isinstance(call.func, ast.Attribute) and is_loop(module, call.func.value):
            yield call, Tier.ADVICE


def _is_ended(module: Module, call: ast.Call) -> bool:
    """Tell whether something around ``call`` ends it."""
    items = (item for each in module.withs_of(call) for item in each.items)
    if any(_ENDS.search(written(item.context_expr)) for item in items):
        return True
    return any(
        isinstance(above, ast.Call) and last_name(above.func) == "wait_for"
        for above in module.up(call)
    )


def _is_told(function: Function) -> bool:
    """Tell whether it is given a timeout, or something decorates it with one."""
    decorators = [written(each) for each in function.decorators]
    return any(_ENDS.search(name) for name in (*function.parameters, *decorators))


def _callers_end_it(folder: Folder, function: Function) -> bool:
    """Tell whether who calls the function does so under a timeout, or who calls that.

    Names have to do: whoever calls a method of that name may call this one.
    """
    seen, now = {function.short_name}, {function.short_name}
    for _ in range(_STEPS):
        callers: set[str] = set()
        for module in folder.modules:
            for call in module.calls_named(*now):
                caller = module.function_of(call)
                if _is_ended(module, call) or _is_told(caller):
                    return True
                callers.add(caller.short_name)
        now = callers - seen - {""}
        seen |= now
    return False


RULE = Rule(
    "SN206",
    "connect-without-timeout",
    Cause.MISSING_DEADLINE,
    in_python=in_python,
    asked="some",
)
