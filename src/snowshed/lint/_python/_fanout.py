"""What starts a task or thread for each of many things, and whether something limits them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python._fate import End, fate_of
from snowshed.lint._python._limits import is_limiter
from snowshed.lint._python._many import has_name_of_settings, is_bounded, is_given, through
from snowshed.lint._python._network import asks_within
from snowshed.lint._python._nodes import COMPREHENSIONS, last_name, written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python._fate import Fate
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module
    from snowshed.lint._python._nodes import Loop

__all__ = ["fanouts", "started", "takes_place"]

_TOGETHER = (
    "asyncio.gather",
    "asyncio.wait",
    "asyncio.as_completed",
    "tqdm.asyncio.tqdm.gather",
    "tqdm.asyncio.tqdm_asyncio.gather",
)
_GROUPS = ("asyncio.TaskGroup()", "anyio.create_task_group()", "trio.open_nursery()")
# What starts one of its own, and is told of there; what a pool runs is limited by it.
_STARTS = frozenset({"create_task", "ensure_future", "start_soon", "Thread"})
_POOLED = frozenset({"submit", "run_in_executor", "to_thread", "run_sync", "run_in_threadpool"})
# What is ended is what was there before.
_ENDS = re.compile(
    r"close|stop|shut|cancel|clean_?up|teardown|disconnect|terminate|kill|exit|release|unload|flush"
    r"|drain|unsubscribe|wait|join|dispose|destroy|reset"
)


@dataclass(frozen=True, slots=True)
class _Fanout:
    """One place that starts many.

    Attributes:
        node: where it is told.
        runs: what each of them calls; None if that is not seen.
        over: what it goes through.
        loop: the loop or comprehension; None for ``map``.
    """

    node: ast.Call
    runs: ast.Call | None
    over: ast.expr
    loop: Loop | None


def fanouts(folder: Folder) -> Iterator[Finding]:
    """Yield each place that starts one for each of many: what SN402 says of Python."""
    for module in folder.modules:
        # `gather` of what the same loop has started is told of once.
        told: set[Loop] = set()
        for found in _all(module):
            tier = _tier(folder, module, found) if found.loop not in told else None
            if tier is None:
                continue
            if found.loop is not None:
                told.add(found.loop)
            yield module.finding(
                "SN402", found.node, _message(module, found), tier=tier, confidence=0.8
            )


def _message(module: Module, found: _Fanout) -> str:
    over = written(found.over)
    each = f"each of `{over}`" if len(over) <= 50 else "each of them"
    kind, word = _kind(module, found), written(found.node.func)
    return f"`{word}` starts a {kind} for {each}, and nothing limits how many run at once"


def _kind(module: Module, found: _Fanout) -> str:
    spawn = module.spawn_of(found.node)
    return spawn.kind if spawn is not None else "task"


def _all(module: Module) -> Iterator[_Fanout]:
    for call, runs in started(module):
        loop = module.loop_of(call)
        over = _over(loop)
        if over is not None:
            yield _Fanout(call, runs if isinstance(runs, ast.Call) else None, over, loop)
    for call in module.calls_of(*_TOGETHER):
        yield from _gathered(module, call)


def started(module: Module) -> Iterator[tuple[ast.Call, ast.expr | None]]:
    """Yield each call that starts one, and what that runs."""
    for spawn in module.spawns:
        yield spawn.call, spawn.runs
    for call in module.calls_named("create_task"):
        if isinstance(call.func, ast.Attribute) and module.origin(call.func.value) in _GROUPS:
            yield call, next(iter(call.args), None)
    for call in module.calls_named("start_soon"):
        made = ast.Call(call.args[0], call.args[1:], []) if call.args else None
        yield call, made


def _over(loop: Loop | None) -> ast.expr | None:
    if isinstance(loop, (ast.For, ast.AsyncFor)):
        return loop.iter
    return loop.generators[-1].iter if isinstance(loop, COMPREHENSIONS) else None


def _gathered(module: Module, call: ast.Call) -> Iterator[_Fanout]:
    """Yield what ``call`` is given by one loop or another."""
    of_several = last_name(call.func) == "gather"
    for argument in call.args:
        if isinstance(argument, ast.Starred):
            yield from _coroutines(module, call, argument.value)
        elif not of_several:
            yield from _coroutines(module, call, argument)


def _coroutines(module: Module, call: ast.Call, node: ast.expr) -> Iterator[_Fanout]:
    """Yield what makes the coroutines that ``node`` holds."""
    if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
        if isinstance(node.elt, ast.Call) and last_name(node.elt.func) not in _STARTS:
            yield _Fanout(call, node.elt, node.generators[-1].iter, node)
    elif isinstance(node, ast.Call) and last_name(node.func) == "map" and len(node.args) == 2:
        yield _Fanout(call, ast.Call(node.args[0], [], []), node.args[1], None)
    elif isinstance(node, ast.Name):
        yield from _collected(module, call, node)


def _collected(module: Module, call: ast.Call, name: ast.Name) -> Iterator[_Fanout]:
    """Yield what makes the coroutines of a list that a variable holds."""
    function = module.function_of(name)
    values = [value for value in function.bindings.get(name.id, ()) if value is not None]
    if len(values) == 1 and isinstance(values[0], COMPREHENSIONS):
        yield from _coroutines(module, call, values[0])
    for read in function.reads(name.id):
        method = module.parent(read)
        added = module.parent(method) if isinstance(method, ast.Attribute) else None
        if isinstance(added, ast.Call) and last_name(added.func) in {"append", "add"}:
            runs, loop = next(iter(added.args), None), module.loop_of(added)
            over = _over(loop)
            if (
                over is not None
                and isinstance(runs, ast.Call)
                and last_name(runs.func) not in _STARTS
            ):
                yield _Fanout(call, runs, over, loop)


def _tier(folder: Folder, module: Module, found: _Fanout) -> Tier | None:
    """Return how it is told; None if it is no fan-out without a limit."""
    function = module.function_of(found.node)
    over = through(found.over)
    if (
        is_bounded(module, over)
        or _is_end(function, found)
        or _is_limited(folder, module, found)
        or (found.runs is not None and last_name(found.runs.func) in _POOLED)
    ):
        return None
    handler = folder.request_of(function)
    serves = folder.asked_by(function) is not None
    serves |= handler is not None and handler.kind != "websocket"
    reads_on = isinstance(found.loop, ast.AsyncFor)
    fate = _fate(module, found)
    if fate is not None and fate.end <= End.KEPT and (serves or reads_on):
        # Nobody waits for them, which other rules tell of requests and of messages.
        return None
    if has_name_of_settings(over):
        return None if _is_of_workers(found) else Tier.ADVICE
    if not is_given(function, over):
        return Tier.ADVICE
    asks = found.runs is not None and asks_within(folder, module, found.runs)
    # A thread is dear whatever it does; and who reads on and collects them has many.
    collects = fate is not None and End.KEPT not in fate.ways
    dear = _kind(module, found) == "thread" or (reads_on and collects)
    return Tier.DEFAULT if serves or asks or dear else Tier.ADVICE


def _is_of_workers(found: _Fanout) -> bool:
    """Tell whether each of them does the work itself, `shard.find(words)`, and is not the work."""
    loop, runs = found.loop, found.runs
    if isinstance(loop, (ast.For, ast.AsyncFor)):
        target: ast.expr = loop.target
    elif isinstance(loop, COMPREHENSIONS):
        target = loop.generators[-1].target
    else:
        return False
    if runs is None or not isinstance(target, ast.Name):
        return False
    root: ast.expr = runs.func
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    return isinstance(root, ast.Name) and root.id == target.id


def _fate(module: Module, found: _Fanout) -> Fate | None:
    """Return what becomes of them; None for coroutines, and for what a group has."""
    is_spawn = module.spawn_of(found.node) is not None
    return fate_of(module, found.node) if is_spawn else None


def _is_end(function: Function, found: _Fanout) -> bool:
    names = [function.short_name, *([last_name(found.runs.func)] if found.runs is not None else [])]
    return function.is_top or any(_ENDS.search(name.lower()) for name in names)


def _is_limited(folder: Folder, module: Module, found: _Fanout) -> bool:
    function = module.function_of(found.node)
    if takes_place(function, module.withs_of(found.node)):
        return True
    if found.loop in function.waiting:
        # Perhaps for one of them to end.
        return True
    if found.runs is None:
        return False
    helper = folder.helper(module, found.runs)
    given = (*found.runs.args, *(keyword.value for keyword in found.runs.keywords))
    return any(is_limiter(each) for each in given) or (
        helper is not None and takes_place(helper, helper.withs)
    )


def takes_place(function: Function, withs: Iterable[ast.With | ast.AsyncWith]) -> bool:
    """Tell whether a semaphore is taken, or something else that stands in ``async with``."""
    if "acquire" in function.called:
        return True
    return any(
        (
            isinstance(with_, ast.AsyncWith)
            and isinstance(item.context_expr, (ast.Name, ast.Attribute))
        )
        or is_limiter(item.context_expr)
        for with_ in withs
        for item in with_.items
    )
