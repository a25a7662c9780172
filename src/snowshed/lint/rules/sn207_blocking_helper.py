"""A coroutine calls a helper that sleeps or waits for the network, and the loop waits with it.

## What it does

Reports a call, in a coroutine, of a plain function of the same folder that itself calls something
which blocks: `time.sleep`, `requests`, `urllib.request.urlopen`, `subprocess.run`, a connection of
`socket`. One level of helpers is looked through.

## Why

While the helper waits no other task of the process moves: no other request, no health check, no
timeout. What takes 200 ms for one request takes ten seconds for the fiftieth of a flood. Linters
such as ruff (ASYNC210, ASYNC251) see it where the call itself stands in the coroutine, and so it
mostly stands one function further. Cause: missing-deadline.

## Bad

```python
import requests


def rate(currency: str) -> float:
    return requests.get(f"https://rates.example/{currency}", timeout=5).json()["rate"]


async def price(amount: float, currency: str) -> float:
    return amount * rate(currency)
```

## Good

```python
import asyncio

import requests


def rate(currency: str) -> float:
    return requests.get(f"https://rates.example/{currency}", timeout=5).json()["rate"]


async def price(amount: float, currency: str) -> float:
    return amount * await asyncio.to_thread(rate, currency)
```

## Not reported

A blocking call in the coroutine itself, which is ruff's; helpers of helpers; what `main` does, and
what starts or stops a service, while there are no requests; reading files, which mostly is short.

## Silence

`# snowshed: ignore[SN207] reason` on the line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._python import written
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python import Folder, Function

__all__ = ["RULE"]

# What is called so runs while there are no requests yet, or no more.
_APART = ("startup", "lifespan", "setup", "teardown", "shutdown", "aenter", "aexit", "close")
_ONCE = frozenset({"start", "init", "initialize", "launch", "bootstrap", "prepare"})


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each call by which a coroutine blocks the loop."""
    for caller in folder.functions():
        if not caller.is_async or (_is_apart(caller) and folder.request_of(caller) is None):
            continue
        for call in caller.calls:
            helper = folder.helper(caller.module, call)
            blocks = None if helper is None else _blocks(folder, helper)
            if helper is not None and blocks is not None:
                yield _found(caller, call, helper, blocks)


def _is_apart(function: Function) -> bool:
    name = function.short_name.lower()
    return function.is_main or name in _ONCE or any(word in name for word in _APART)


def _blocks(folder: Folder, helper: Function) -> ast.Call | None:
    """Return the call by which ``helper`` blocks whoever calls it."""
    # To call a generator or a coroutine runs nothing of it yet.
    yields = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in helper.exits)
    return None if helper.is_async or yields else folder.blocks(helper)


def _found(caller: Function, call: ast.Call, helper: Function, blocks: ast.Call) -> Finding:
    name, what = written(call.func), written(blocks.func)
    return caller.module.finding(
        RULE,
        call,
        f"`{name}` calls `{what}`, for which the loop and all its tasks wait",
        related=(helper.module.related(blocks, f"`{helper.name}` blocks here"),),
        waits_at=(call.lineno,),
    )


RULE = Rule(
    "SN207",
    "blocking-helper",
    Cause.MISSING_DEADLINE,
    in_python=in_python,
    severity=Severity.MEDIUM,
)
