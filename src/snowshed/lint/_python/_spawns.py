"""What starts a task or a thread, whoever it is asked of; and what is kept of it.

``asyncio.create_task`` has many spellings: of the module, of a loop, of a loop that a variable
holds. A group that has an end of its own is none of them: its block waits for what it starts.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._python._module import Module

__all__ = ["Spawn", "is_loop", "jobs_in", "spawns_in"]

_TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.async"})
_METHODS = frozenset({"create_task", "ensure_future"})
_LOOPS = frozenset(
    {
        "asyncio.get_event_loop()",
        "asyncio.get_running_loop()",
        "asyncio.new_event_loop()",
        "asyncio.AbstractEventLoop()",
        "asyncio.BaseEventLoop()",
        "uvloop.new_event_loop()",
    }
)
_POOLS = frozenset(
    f"{library}.{kind}PoolExecutor()"
    for library in ("concurrent.futures", "futures")
    for kind in ("Thread", "Process")
)
_LOOP_NAMES = frozenset({"loop", "_loop", "event_loop", "_event_loop", "ioloop", "get_event_loop"})
_THREADS = frozenset({"threading.Thread", "threading.Timer"})
_STARTED = frozenset({"_thread.start_new_thread"})


_LONG = 70


@dataclass(frozen=True, slots=True)
class Spawn:
    """A call that starts something that runs beside the caller.

    Attributes:
        call: the call.
        kind: ``task`` or ``thread``; ``job`` if a pool of threads runs it.
        runs: what is started: a coroutine, or the target of a thread; None if that is not seen.
    """

    call: ast.Call
    kind: str
    runs: ast.expr | None

    @property
    def name(self) -> str:
        """What is called in it, as it is written; empty if that is not seen or long."""
        runs = self.runs.func if isinstance(self.runs, ast.Call) else self.runs
        name = written(runs) if runs is not None else ""
        return name if len(name) <= _LONG else ""

    @property
    def word(self) -> str:
        """What it is started by, as it is written: ``asyncio.create_task``."""
        return written(self.call.func)


def spawns_in(module: Module) -> list[Spawn]:
    """Return each call of ``module`` that starts a task or a thread, in the order of the source."""
    tasks = [*module.calls_of(*_TASKS), *filter(partial(_is_of_loop, module), _methods(module))]
    found = [Spawn(call, "task", _first(call)) for call in tasks]
    found += [Spawn(call, "thread", _target(call)) for call in module.calls_of(*_THREADS)]
    found += [Spawn(call, "thread", _first(call)) for call in module.calls_of(*_STARTED)]
    return sorted(found, key=lambda each: (each.call.lineno, each.call.col_offset))


def _methods(module: Module) -> list[ast.Call]:
    named = module.calls_named(*_METHODS)
    return [call for call in named if module.dotted(call.func) not in _TASKS]


def _is_of_loop(module: Module, call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and is_loop(module, call.func.value)


def jobs_in(module: Module) -> list[Spawn]:
    """Return each call of ``module`` that gives a job to a pool of threads or another loop.

    How many run at once is limited there. How many wait is not.
    """
    found = [
        Spawn(call, "job", call.args[1] if call.args[1:] else None)
        for call in module.calls_named("run_in_executor")
        if isinstance(call.func, ast.Attribute) and is_loop(module, call.func.value)
    ]
    found += [
        Spawn(call, "job", next(iter(call.args), None))
        for call in module.calls_named("submit")
        if isinstance(call.func, ast.Attribute) and _is_pool(module, call.func.value)
    ]
    threadsafe = module.calls_of("asyncio.run_coroutine_threadsafe")
    return found + [Spawn(call, "task", _first(call)) for call in threadsafe]


def _is_pool(module: Module, node: ast.expr) -> bool:
    name = last_name(node).lower()
    return module.origin(node) in _POOLS or name.endswith(("executor", "thread_pool", "threadpool"))


def is_loop(module: Module, node: ast.expr) -> bool:
    """Tell whether ``node`` is an event loop."""
    made_by = module.origin(node)
    if made_by in _LOOPS:
        return True
    called = node.func if isinstance(node, ast.Call) else node
    return last_name(called) in _LOOP_NAMES and not made_by.endswith(("Group()", "group()"))


def _first(call: ast.Call) -> ast.expr | None:
    given = [
        keyword.value for keyword in call.keywords if keyword.arg in {"coro", "coro_or_future"}
    ]
    return next((each for each in (*call.args, *given)), None)


def _target(call: ast.Call) -> ast.expr | None:
    given = [keyword.value for keyword in call.keywords if keyword.arg in {"target", "function"}]
    return given[0] if given else next(iter(call.args[1:2]), None)
