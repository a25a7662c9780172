"""A task in an endless loop catches its cancellation and goes on: nothing ends it any more.

## What it does

Reports, in an endless loop of a coroutine, an `except` that catches `CancelledError`, be it by
name, as `BaseException` or bare, around an `await`, where what is done then neither raises nor
leaves the loop.

## Why

Cancellation is asked for once. Who asked waits for the end: a `TaskGroup`, a timeout, the shutdown
of the service, which then hangs until it is killed. Each request that is given up leaves such a
task behind. Cause: channel-cascade.

## Bad

```python
import asyncio


async def poll(source) -> None:
    while True:
        try:
            await source.read()
        except asyncio.CancelledError:
            print("cancelled")
```

## Good

```python
import asyncio


async def poll(source) -> None:
    while True:
        try:
            await source.read()
        except asyncio.CancelledError:
            print("cancelled")
            raise
        except OSError as error:
            print("the source fails", error)
```

## Not reported

A loop that a flag or an event ends which the `except` sets; one that waits only for another task,
whose cancellation it may be that arrives; a coroutine that calls `uncancel`. Where the `except`
does more than tell of it, it is advice: what it calls may raise.

## Silence

`# snowshed: ignore[SN314] reason` on the line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python import last_name, written
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python import Folder, Function

__all__ = ["RULE"]

_CAUGHT = frozenset({"CancelledError", "BaseException"})
_LEAVES = (ast.Raise, ast.Return, ast.Break)


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each `except` after which a cancelled task goes on."""
    for function in folder.functions():
        if not function.is_async or any(
            last_name(call.func) == "uncancel" for call in function.calls
        ):
            continue
        for try_ in function.tries:
            loop = _endless_loop(function, try_)
            handler = _swallows(try_) if loop is not None else None
            if loop is None or handler is None or not _waits(function, try_):
                continue
            if not _ends(loop, handler):
                yield _found(function, loop, handler)


def _endless_loop(function: Function, try_: ast.AST) -> ast.While | None:
    """Return the innermost loop around ``try_``, if only what is in it ends it."""
    loop = function.module.loop_of(try_)
    if isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and loop.test.value:
        return loop
    return None


def _swallows(try_: ast.AST) -> ast.ExceptHandler | None:
    """Return the `except` that gets the cancellation: the first that catches it counts."""
    for handler in getattr(try_, "handlers", ()):
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(kind is None or last_name(kind) in _CAUGHT for kind in kinds):
            return handler if isinstance(handler, ast.ExceptHandler) else None
    return None


def _waits(function: Function, try_: ast.AST) -> bool:
    """Tell whether something is awaited in the ``try`` that is no other task."""
    body = {id(each) for stmt in getattr(try_, "body", ()) for each in ast.walk(stmt)}
    return any(id(each) in body and _is_own(each.value) for each in function.awaits)


def _is_own(awaited: ast.expr) -> bool:
    """Tell whether to cancel the task ends what it awaits: not so what is shielded."""
    return isinstance(awaited, ast.Call) and last_name(awaited.func) != "shield"


def _ends(loop: ast.While, handler: ast.ExceptHandler) -> bool:
    """Tell whether the loop may end by what ``handler`` does: at once, or by what it sets."""
    if any(isinstance(each, _LEAVES) for stmt in handler.body for each in ast.walk(stmt)):
        return True
    tells = _names_set(handler)
    for each in ast.walk(loop):
        if isinstance(each, ast.If) and any(isinstance(it, _LEAVES) for it in ast.walk(each)):
            asks = {last_name(it) for it in ast.walk(each.test)}
            if tells & asks:
                return True
    return False


def _names_set(handler: ast.ExceptHandler) -> set[str]:
    """Return the names of what ``handler`` assigns, and of what it calls a method of."""
    found = set()
    for stmt in handler.body:
        for each in ast.walk(stmt):
            if isinstance(each, (ast.Name, ast.Attribute)) and isinstance(each.ctx, ast.Store):
                found.add(last_name(each))
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
                found.add(last_name(each.func.value))
    return found - {""}


def _found(function: Function, loop: ast.While, handler: ast.ExceptHandler) -> Finding:
    caught = "everything" if handler.type is None else f"`{written(handler.type)}`"
    return function.module.finding(
        RULE,
        handler,
        f"`{function.short_name}` catches {caught} and goes on with its loop: "
        "its cancellation is lost, and nothing ends it",
        related=(function.module.related(loop, "the loop that goes on"),),
        tier=Tier.DEFAULT if _does_nothing(handler) else Tier.ADVICE,
        confidence=0.9 if _does_nothing(handler) else 0.7,
    )


def _does_nothing(handler: ast.ExceptHandler) -> bool:
    """Tell whether it is only told of and counted: then nothing else can end the loop."""
    plain = (ast.Pass, ast.Continue, ast.AugAssign)
    return all(isinstance(each, plain) or _tells(each) for each in handler.body)


def _tells(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    path = written(call.func).lower()
    return path == "print" or "log" in path.rpartition(".")[0]


RULE = Rule(
    "SN314",
    "cancellation-swallowed",
    Cause.CHANNEL_CASCADE,
    in_python=in_python,
    tier=Tier.ADVICE,
    severity=Severity.HIGH,
    in_tests=True,
    asked="most",
)
