"""A semaphore, limiter or lock holds nobody back, as each task has one of its own.

## What it does

Reports a semaphore, limiter or lock that is made in a function and taken only there: each call
makes its own. Also one that is made where it is taken, one that a helper makes anew each time it is
asked, and one that is made for each task of a loop. And it reports a semaphore that is taken once
around a `gather` over all items, where it should be taken in each of them.

## Why

It reads like a limit and is none. The code passes its tests, where there are few; in a flood all
run at once, and whoever looks for the missing limit finds this one and looks elsewhere.
Cause: channel-cascade, and unbounded-fanout where a loop starts them.

## Bad

```python
import asyncio


async def fetch(url: str) -> bytes:
    limit = asyncio.Semaphore(10)
    async with limit:
        return await get(url)


async def fetch_all(urls: list[str]) -> list[bytes]:
    return await asyncio.gather(*(fetch(url) for url in urls))
```

```python
import asyncio

limit = asyncio.Semaphore(10)


async def fetch_all(urls: list[str]) -> list[bytes]:
    async with limit:
        return await asyncio.gather(*(get(url) for url in urls))
```

## Good

```python
import asyncio


async def fetch_all(urls: list[str]) -> list[bytes]:
    limit = asyncio.Semaphore(10)

    async def fetch(url: str) -> bytes:
        async with limit:
            return await get(url)

    return await asyncio.gather(*(fetch(url) for url in urls))
```

## Not reported

One that another function gets, that a function inside captures, or that is kept somewhere: it is
shared as far as one can see. A limiter of a rate that is taken in a loop does its work.

## Silence

`# snowshed: ignore[SN313] reason` on the line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._python import last_name, written
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python import Folder, Function, Module

__all__ = ["RULE"]

_SEMAPHORES = frozenset(
    f"{library}.{kind}"
    for library in ("asyncio", "threading", "anyio", "trio", "multiprocessing")
    for kind in ("Semaphore", "BoundedSemaphore", "CapacityLimiter")
)
_LOCKS = frozenset(
    f"{library}.{kind}"
    for library in ("asyncio", "threading", "anyio", "trio", "multiprocessing")
    for kind in ("Lock", "RLock")
)
# These count what passes in a time, so that one task alone is held back, too.
_RATES = frozenset({"aiolimiter.AsyncLimiter", "asyncio_throttle.Throttler"})
_ALL = (*sorted(_SEMAPHORES), *sorted(_LOCKS), *sorted(_RATES))
_OWN = frozenset({"acquire", "release", "locked", "acquire_nowait"})


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each semaphore that limits nothing."""
    for module in folder.modules:
        for call in module.calls_of(*_ALL):
            message = _made_in_vain(module, call)
            if message:
                yield module.finding(RULE, call, message)
        yield from _around_gather(folder, module)
    yield from _made_by_helpers(folder)


def _made_in_vain(module: Module, call: ast.Call) -> str:
    """Return what is wrong with the semaphore that ``call`` makes; nothing if it may be shared."""
    kind = written(call.func)
    above = module.parent(call)
    if isinstance(above, ast.withitem):
        return f"`{kind}(...)` is made where it is taken: each has its own, and it limits nothing"
    if _is_for_each_task(module, call):
        return f"each task of the loop gets a `{kind}` of its own: it limits nothing"
    function = module.function_of(call)
    name = _only_name(function, call)
    if not name or not _is_taken_only_there(function, name, call):
        return ""
    return (
        f"each call of `{function.short_name}` makes its own `{name}`, which no other task can "
        "take: it limits nothing"
    )


def _only_name(function: Function, call: ast.Call) -> str:
    """Return the local variable that holds what ``call`` makes, and never anything else."""
    above = function.module.parent(call)
    if function.is_top or not isinstance(above, (ast.Assign, ast.AnnAssign)):
        return ""
    targets = above.targets if isinstance(above, ast.Assign) else [above.target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return ""
    in_class = isinstance(function.module.parent(above), ast.ClassDef)
    name = targets[0].id
    alone = len(function.bindings.get(name, ())) == 1 and name not in function.shared
    return name if alone and not in_class else ""


def _is_taken_only_there(function: Function, name: str, call: ast.Call) -> bool:
    module = function.module
    is_rate = module.dotted(call.func) in _RATES
    reads = function.reads(name)
    for read in reads:
        if module.function_of(read) is not function or not _takes(module, read):
            return False
        if is_rate and module.loop_of(read) is not None:
            return False
    return bool(reads)


def _takes(module: Module, read: ast.Name) -> bool:
    """Tell whether that use of a semaphore takes it, and gives it to nobody."""
    above = module.parent(read)
    if isinstance(above, ast.Attribute) and above.attr in _OWN:
        called = module.parent(above)
        return isinstance(called, ast.Call) and called.func is above
    return isinstance(above, ast.withitem)


def _is_for_each_task(module: Module, call: ast.Call) -> bool:
    """Tell whether ``call`` is an argument of a coroutine that a loop makes."""
    above = _given_to(module, call)
    if above is None or module.loop_of(call) is None:
        return False
    starts = _given_to(module, above)
    spawn = module.spawn_of(starts) if starts is not None else None
    return (spawn is not None and spawn.runs is above) or _gathers(module, above)


def _given_to(module: Module, node: ast.AST) -> ast.Call | None:
    """Return the call that ``node`` stands in directly, as an argument for one."""
    above = module.parent(node)
    if isinstance(above, ast.keyword):
        above = module.parent(above)
    return above if isinstance(above, ast.Call) else None


def _gathers(module: Module, node: ast.AST) -> bool:
    """Tell whether ``node`` is one of those that a ``gather`` over all items is given."""
    above = module.parent(node)
    while isinstance(above, (ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.Starred)):
        node, above = above, module.parent(above)
    return (
        isinstance(node, ast.Starred)
        and isinstance(above, ast.Call)
        and module.dotted(above.func) == "asyncio.gather"
    )


def _around_gather(folder: Folder, module: Module) -> Iterator[Finding]:
    """Yield each semaphore that is taken once for all that is gathered in its block."""
    for call in module.calls_of("asyncio.gather"):
        element = _for_each(call)
        if element is None or not module.is_awaited(call):
            continue
        for with_ in module.withs_of(call):
            for item in with_.items:
                kind = module.origin(item.context_expr).removesuffix("()")
                if kind in _SEMAPHORES and not _takes_itself(folder, module, element):
                    taken = written(item.context_expr)
                    message = (
                        f"`{taken}` is taken once around all that `gather` starts, and not in each "
                        "of them: it does not limit how many run"
                    )
                    yield module.finding(RULE, item.context_expr, message, confidence=0.7)


def _for_each(call: ast.Call) -> ast.Call | None:
    """Return the call that ``gather`` is given for each item; None if it is given single ones."""
    for argument in call.args:
        value = argument.value if isinstance(argument, ast.Starred) else None
        if isinstance(value, (ast.GeneratorExp, ast.ListComp)) and isinstance(value.elt, ast.Call):
            return value.elt
    return None


def _takes_itself(folder: Folder, module: Module, element: ast.Call) -> bool:
    helper = folder.helper(module, element)
    if helper is None:
        return False
    return any(isinstance(with_, ast.AsyncWith) for with_ in helper.withs) or any(
        last_name(call.func) == "acquire" for call in helper.calls
    )


def _made_by_helpers(folder: Folder) -> Iterator[Finding]:
    """Yield each semaphore that is made anew by the function that is asked for it."""
    for module in folder.modules:
        for function in module.functions:
            for with_ in function.withs:
                for item in with_.items:
                    if _is_fresh(folder, module, item.context_expr):
                        name = written(item.context_expr)
                        message = f"`{name}` is a new semaphore each time: it limits nothing"
                        yield module.finding(RULE, item.context_expr, message)


def _is_fresh(folder: Folder, module: Module, node: ast.expr) -> bool:
    """Tell whether ``node`` calls a function of this folder that only makes a semaphore."""
    named = node.func if isinstance(node, ast.Call) else node
    if isinstance(named, ast.Name) and named is node:
        return False
    helper = folder.function_at(module, named)
    if helper is None or len(helper.exits) != 1 or helper.is_async:
        return False
    # A property is asked without a call; whatever else decorates it may keep what it made.
    decorators = [last_name(each) for each in helper.decorators]
    if decorators != ([] if isinstance(node, ast.Call) else ["property"]):
        return False
    value = helper.exits[0].value
    made = isinstance(helper.exits[0], ast.Return) and isinstance(value, ast.Call)
    return made and helper.module.dotted(getattr(value, "func", node)) in _SEMAPHORES


RULE = Rule(
    "SN313",
    "semaphore-that-limits-nothing",
    Cause.CHANNEL_CASCADE,
    in_python=in_python,
    severity=Severity.HIGH,
)
