"""A task is started and nobody keeps it.

## What it does

Reports `asyncio.create_task`, `asyncio.ensure_future` and `create_task` of a loop whose task nobody
keeps, awaits or hands on: the call stands alone, or only a variable or list of the function has it.
It sees what ruff's RUF006 and flake8-async's ASYNC300 see, and more: loops that are held in an
attribute, and lists that nobody looks at. In a handler of requests SN101 tells it instead.

## Why

The loop keeps a weak reference to a task. One that nobody else keeps may be collected in the middle
of its work; its error is told when it is collected, or never; and nobody can end it, wait for it at
the end, or count how many there are. Cause: detached-spawn.

## Bad

```python
import asyncio


class Cache:
    async def start(self) -> None:
        asyncio.create_task(self.refresh())
```

## Good

```python
import asyncio


class Cache:
    async def start(self) -> None:
        self._refreshing = asyncio.create_task(self.refresh())

    async def stop(self) -> None:
        self._refreshing.cancel()
```

## Not reported

As advice: a loop that sleeps between its turns, which `__init__` or a start-up starts once; its
timer holds it while it sleeps, but its error is lost all the same.

Tasks of a task group or nursery, and of other objects that have a `create_task` of their own: they
keep it. What starts the same in four places of a file or more is told once, with all of them. A
task whose result is looked at, or to which a callback was added. A lambda, which returns it, and
`__del__`, after which nobody is left. A line on which the same is silenced for ruff.

## Silence

`# snowshed: ignore[SN102] reason` on the line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Fix, Tier
from snowshed.lint._python import last_name
from snowshed.lint._python._dangling import is_dangling
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Edit, Finding
    from snowshed.lint._python import Folder, Function, Module, Spawn

__all__ = ["RULE"]

_KEPT_IN = "_background_tasks"
_STARTS_ONCE = re.compile(
    r"^__init__$|(?:^|_)(?:setup|startup|lifespan|started?|init|initiali[sz]e)(?:_|$)"
)
_SLEEPS = re.compile(
    r"periodic|_loop(?:_|$)|heart_?beat|keep_?alive|(?:^|_)poll|scheduled|monitor|flusher"
)


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each task that nobody keeps."""
    for module in folder.modules:
        for spawn in module.spawns:
            if is_dangling(folder, module, spawn):
                yield _found(module, spawn, _tier(folder, module, spawn))


def _tier(folder: Folder, module: Module, spawn: Spawn) -> Tier:
    """Tell as advice of what is started once and sleeps: a timer of the loop holds it."""
    if not _STARTS_ONCE.search(module.function_of(spawn.call).short_name):
        return Tier.DEFAULT
    runs = spawn.runs
    helper = folder.helper(module, runs) if isinstance(runs, ast.Call) else None
    name = last_name(runs.func) if isinstance(runs, ast.Call) else ""
    sleeps = _SLEEPS.search(name) is not None or (helper is not None and _sleeps(helper))
    return Tier.ADVICE if sleeps else Tier.DEFAULT


def _sleeps(function: Function) -> bool:
    """Tell whether a loop of ``function`` sleeps in each of its turns."""
    module = function.module
    sleeps = (call for call in function.calls if module.dotted(call.func) == "asyncio.sleep")
    return any(isinstance(module.loop_of(call), ast.While) for call in sleeps)


def _found(module: Module, spawn: Spawn, tier: Tier) -> Finding:
    what = f" of `{spawn.name}`" if spawn.name else ""
    message = (
        f"nobody keeps the task{what}: it may be collected before it is done, and its error is lost"
    )
    fix = _kept(module, spawn)
    return module.finding(RULE, spawn.call, message, fix=fix, tier=tier, alike=spawn.name)


def _kept(module: Module, spawn: Spawn) -> Fix | None:
    """Return the change that keeps the task until it is done, as asyncio's documentation says."""
    statement = module.parent(spawn.call)
    function = module.function_of(spawn.call)
    if not isinstance(statement, ast.Expr) or function.is_top:
        return None
    name = _free(function)
    keeps = [f"{_KEPT_IN}.add({name})", f"{name}.add_done_callback({_KEPT_IN}.discard)"]
    added = module.lines_after(statement, keeps)
    made = _made(module)
    if added is None or made is None:
        return None
    edits = (*made, module.put_before(spawn.call, f"{name} = "), added)
    return Fix("keep it until it is done", edits)


def _free(function: Function) -> str:
    return next((name for name in ("task", "_task") if name not in function.names), "_kept_task")


def _made(module: Module) -> tuple[Edit, ...] | None:
    """Return the edit that makes the set, behind the last import; none where there is one."""
    if _KEPT_IN in module.top.bindings:
        return ()
    if module.last_import is None:
        return None
    added = module.lines_after(module.last_import, ["", f"{_KEPT_IN} = set()"])
    return (added,) if added is not None else None


RULE = Rule(
    "SN102",
    "dangling-task",
    Cause.DETACHED_SPAWN,
    in_python=in_python,
    fixes=True,
    severity=Severity.MEDIUM,
    asked="some",
)
