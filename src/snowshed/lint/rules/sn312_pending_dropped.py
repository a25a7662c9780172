"""What `asyncio.wait` leaves pending is neither cancelled nor waited for again.

## What it does

Reports an `asyncio.wait` with a timeout, or one that returns at the first result or error, where
those that are still pending go on and nobody has them: the second of the two sets is not used, and
the tasks were started in the same function, which does not cancel, await or keep them.

## Why

`asyncio.wait` cancels nothing. Each call leaves behind what was too slow, and too slow is what
everything is in a flood: the callers have gone on, or asked again, while their old tasks still hold
connections and memory. The loop keeps only a weak reference to them, so that they may also vanish
in the middle of their work, with their errors. Cause: channel-cascade.

## Bad

```python
import asyncio


async def first(urls: list[str]) -> bytes:
    tasks = [asyncio.create_task(get(url)) for url in urls]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    return done.pop().result()
```

## Good

```python
import asyncio


async def first(urls: list[str]) -> bytes:
    tasks = [asyncio.create_task(get(url)) for url in urls]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return done.pop().result()
```

## Not reported

Tasks that came from elsewhere, that something keeps, or that another function gets; those that a
loop waits for again; a function that cancels something after the wait, which may be what the tasks
wait for; `main`, and what closes or stops, after which all ends anyway. Whether the tasks end soon
by themselves is not seen.

## Silence

`# snowshed: ignore[SN312] reason` on the line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Fix
from snowshed.lint._python import End, fate_of, last_name, written
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python import Folder, Function, Module, Spawn

__all__ = ["RULE"]

# After these the loop ends, or all that would wait.
_EXITS = ("close", "stop", "shutdown", "cleanup", "teardown", "disconnect", "aexit", "terminate")


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each wait that leaves tasks to nobody."""
    for module in folder.modules:
        for call in module.calls_of("asyncio.wait"):
            function = module.function_of(call)
            if not (module.is_awaited(call) and _may_leave(call)) or _is_at_exit(function):
                continue
            pending = _pending(module, call)
            if pending is not None and _is_used(module, pending):
                continue
            left = _left_over(module, call)
            if left:
                yield _found(module, call, pending, left)


def _is_at_exit(function: Function) -> bool:
    name = function.short_name.lower()
    return function.is_main or any(word in name for word in _EXITS)


def _may_leave(call: ast.Call) -> bool:
    """Tell whether the wait ends before all are done."""
    for keyword in call.keywords:
        never = isinstance(keyword.value, ast.Constant) and keyword.value.value is None
        if keyword.arg == "timeout" and not never:
            return True
    return _returns_early(call)


def _pending(module: Module, call: ast.Call) -> ast.Name | None:
    """Return the variable that gets those that are not done; None if none does.

    What is done with the pair otherwise is seen by following it, see `_left_over`.
    """
    assign = module.parent(module.parents[call])
    if not isinstance(assign, ast.Assign) or len(assign.targets) != 1:
        return None
    target = assign.targets[0]
    if isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == 2:
        second = target.elts[1]
        return second if isinstance(second, ast.Name) else None
    return None


def _is_used(module: Module, pending: ast.Name) -> bool:
    function = module.function_of(pending)
    return pending.id in function.shared or any(
        fate_of(module, read).end is not End.DROPPED for read in function.reads(pending.id)
    )


def _left_over(module: Module, call: ast.Call) -> list[Spawn]:
    """Return what is started in the function, waited for by ``call``, and had by nobody else."""
    if not _is_dropped_but_for_done(module, call):
        return []
    found = []
    for spawn in module.function_of(call).spawns:
        if spawn.kind == "thread" or _ends_soon(module, spawn) or _again(module, call, spawn):
            continue
        fate = fate_of(module, spawn.call, without=call)
        if fate.passed_by and fate.end is End.DROPPED:
            found.append(spawn)
    return found if not found or not _cancels_something(module, call) else []


def _ends_soon(module: Module, spawn: Spawn) -> bool:
    """Tell whether the task does nothing but to sleep, which is how others are given a time."""
    runs = spawn.runs
    return isinstance(runs, ast.Call) and module.dotted(runs.func) == "asyncio.sleep"


def _again(module: Module, call: ast.Call, spawn: Spawn) -> bool:
    """Tell whether the next turn of a loop waits for the same task again."""
    loop = module.loop_of(call)
    return loop is not None and loop not in module.up(spawn.call)


def _cancels_something(module: Module, call: ast.Call) -> bool:
    """Tell whether something is cancelled afterwards: perhaps what the tasks wait for."""
    calls = module.function_of(call).calls
    return any(last_name(each.func) == "cancel" and each.lineno > call.lineno for each in calls)


def _is_dropped_but_for_done(module: Module, call: ast.Call) -> bool:
    """Tell whether nothing but a variable for each of the two sets, or for none, has the result."""
    waited = module.parents[call]
    above = module.parent(waited)
    if isinstance(above, ast.Subscript):
        index = above.slice
        return isinstance(index, ast.Constant) and index.value == 0
    if isinstance(above, ast.Assign) and len(above.targets) == 1:
        target = above.targets[0]
        pair = isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == 2
        return pair and isinstance(getattr(target, "elts", [None])[-1], ast.Name)
    return isinstance(above, ast.Expr)


def _found(module: Module, call: ast.Call, pending: ast.Name | None, left: list[Spawn]) -> Finding:
    names = " or ".join(dict.fromkeys(map(_told, left)))
    when = "by then" if _returns_early(call) else "in time"
    message = (
        f"`asyncio.wait` cancels nothing: what is not done {when} of {names} goes on, and nobody "
        "has it"
    )
    related = [module.related(spawn.call, "it is started here") for spawn in left[:3]]
    fix = _cancelled(module, call, pending) if pending is not None else None
    return module.finding(RULE, call, message, related=related, fix=fix)


def _returns_early(call: ast.Call) -> bool:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "return_when"]
    return any(last_name(value) != "ALL_COMPLETED" for value in given)


def _told(spawn: Spawn) -> str:
    runs = spawn.runs.func if isinstance(spawn.runs, ast.Call) else spawn.runs
    name = written(runs) if runs is not None else spawn.word
    return f"`{name if len(name) <= 60 else spawn.word}`"


def _cancelled(module: Module, call: ast.Call, pending: ast.Name) -> Fix | None:
    """Return the change that cancels those that are left, right after the wait."""
    function = module.function_of(call)
    each = next((it for it in ("task", "left", "_task") if it not in function.names), "_left")
    name = "pending" if pending.id == "_" else pending.id
    lines = [f"for {each} in {name}:", f"    {each}.cancel()"]
    added = module.lines_after(module.statement_of(call), lines)
    if added is None:
        return None
    renamed = (module.replaced(pending, name),) if name != pending.id else ()
    return Fix("cancel those that are still pending", (*renamed, added))


RULE = Rule(
    "SN312",
    "pending-dropped",
    Cause.CHANNEL_CASCADE,
    in_python=in_python,
    severity=Severity.HIGH,
    fixes=True,
    in_tests=True,
)
