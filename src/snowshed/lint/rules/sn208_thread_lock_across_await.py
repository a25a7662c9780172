"""A lock of threads is held while a task waits, and the loop with all its tasks stands still.

## What it does

Reports a `with` on a lock, condition or semaphore of `threading` or `multiprocessing` in a
coroutine, in the body of which something is awaited.

## Why

At the `await` the task goes to sleep and keeps the lock. The next task of the same loop that wants
it does not wait as a task does: it stops the thread, and with it the loop. The one that holds the
lock can never go on to give it back. With one request at a time that never happens; in a flood it
happens at once, and nothing ends it. An `RLock` does not even block: it belongs to the thread, so
that every task of the loop walks in. Cause: missing-deadline.

## Bad

```python
import threading

lock = threading.Lock()


async def refresh() -> None:
    with lock:
        await load()
```

## Good

```python
import asyncio

lock = asyncio.Lock()


async def refresh() -> None:
    async with lock:
        await load()
```

```python
import threading

lock = threading.Lock()


async def refresh() -> None:
    rows = await load()
    with lock:
        cache.update(rows)
```

## Not reported

A lock that came from elsewhere, so that its kind is not seen; one that is taken by `acquire()`.

## Silence

`# snowshed: ignore[SN208] reason` on the line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from snowshed.lint._python import written
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python import Folder, Function

__all__ = ["RULE"]

_Waits: TypeAlias = ast.Await | ast.AsyncFor | ast.AsyncWith

_OF_THREADS = frozenset(
    f"{library}.{kind}()"
    for library in ("threading", "multiprocessing")
    for kind in ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore")
)


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each lock of threads that is held over an await."""
    for function in folder.functions():
        if not function.is_async:
            continue
        for held in function.withs:
            lock = _lock_of(function, held)
            waits = _waits_in(function, held) if lock is not None else None
            if lock is not None and waits is not None:
                yield _found(function, held, lock, waits)


def _lock_of(function: Function, held: ast.With | ast.AsyncWith) -> ast.expr | None:
    if isinstance(held, ast.AsyncWith):
        return None
    for item in held.items:
        if function.module.origin(item.context_expr) in _OF_THREADS:
            return item.context_expr
    return None


def _waits_in(function: Function, held: ast.With | ast.AsyncWith) -> _Waits | None:
    """Return the first thing in the body of ``held`` that lets other tasks run."""
    loops = (each for each in function.loops if isinstance(each, ast.AsyncFor))
    inner = (each for each in function.withs if isinstance(each, ast.AsyncWith))
    waits: list[_Waits] = [*function.awaits, *loops, *inner]
    module = function.module
    within = [each for each in waits if held in module.withs_of(each)]
    return min(within, key=lambda each: (each.lineno, each.col_offset), default=None)


def _found(
    function: Function, held: ast.With | ast.AsyncWith, lock: ast.expr, waits: _Waits
) -> Finding:
    module = function.module
    name = written(lock)
    if module.origin(lock).endswith("RLock()"):
        then = "it is the thread that has it: every other task of the loop gets it, too"
    else:
        then = "the next task that wants it stops the loop, and nobody gives it back"
    message = f"`{name}` is a lock of threads, held over an await: {then}"
    return module.finding(
        RULE,
        held,
        message,
        related=(module.related(waits, "here the task waits with the lock held"),),
        waits_at=(held.lineno, waits.lineno),
    )


RULE = Rule(
    "SN208",
    "thread-lock-across-await",
    Cause.MISSING_DEADLINE,
    in_python=in_python,
    severity=Severity.HIGH,
    in_tests=True,
)
