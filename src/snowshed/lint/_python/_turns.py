"""Loops that do not end, each turn of which starts a task or a thread that it does not wait for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python._fanout import started, takes_place
from snowshed.lint._python._fate import End, fate_of
from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._module import Module

__all__ = ["endless"]

# What a loop asks that goes on until somebody ends it.
_GOES_ON = re.compile(
    r"run|alive|active|open|connect|start|clos|stop|done|exit|shut|cancel|quit|is_set|terminat"
    r"|finish|enabled|loop|keep|keyboard|forever",
    re.IGNORECASE,
)
_LEAVES = (ast.Break, ast.Return, ast.Raise)
_THREADS = frozenset({"threading.Thread", "threading.Timer", "_thread.start_new_thread"})


def endless(folder: Folder) -> Iterator[Finding]:
    """Yield what each turn of such a loop starts: what SN403 says of Python."""
    for module in folder.modules:
        for call, runs in started(module):
            loop = module.loop_of(call)
            if not isinstance(loop, (ast.While, ast.AsyncFor)) or not _is_endless(loop):
                continue
            handler = folder.request_of(module.function_of(call))
            if handler is not None and handler.kind != "websocket":
                # Another rule tells of what a request starts.
                continue
            if _piles_up(module, call, loop) and not _is_limited(folder, module, call, loop, runs):
                yield _found(module, call, runs)


def _is_endless(loop: ast.While | ast.AsyncFor) -> bool:
    if isinstance(loop, ast.AsyncFor):
        return True
    test = loop.test
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if any(isinstance(each, ast.Await) for each in ast.walk(test)):
        return True
    while isinstance(test, (ast.UnaryOp, ast.Call)):
        test = test.operand if isinstance(test, ast.UnaryOp) else test.func
    return _GOES_ON.search(last_name(test)) is not None


def _piles_up(module: Module, call: ast.Call, loop: ast.While | ast.AsyncFor) -> bool:
    """Tell whether nobody waits for it, and the next turn starts another one."""
    fate = fate_of(module, call)
    if not any(spawn.call is call for spawn in module.spawns):
        # A group waits for what it starts, but not the loop; who reads is another rule's matter.
        return isinstance(loop, ast.While) and fate.end <= End.RETURNED
    # What one attribute keeps has the place of the one before.
    is_one = fate.end is End.KEPT and not fate.among_others
    return fate.end <= End.KEPT and not is_one


def _is_limited(
    folder: Folder,
    module: Module,
    call: ast.Call,
    loop: ast.While | ast.AsyncFor,
    runs: ast.expr | None,
) -> bool:
    function = module.function_of(call)
    helper = folder.helper(module, runs) if isinstance(runs, ast.Call) else None
    return (
        takes_place(function, module.withs_of(call))
        or (helper is not None and takes_place(helper, helper.withs))
        or _is_left_after(module, call)
        or any(map(_asks_how_many, module.up(call)))
        or any(map(_is_other, ast.walk(loop)))
    )


def _is_left_after(module: Module, call: ast.Call) -> bool:
    """Tell whether the loop is left in the same turn."""
    statement = module.statement_of(call)
    block = getattr(module.parent(statement), "body", [])
    following = block[block.index(statement) + 1 :] if statement in block else []
    return any(isinstance(each, _LEAVES) for each in following)


def _asks_how_many(above: ast.AST) -> bool:
    """Tell whether ``above`` is an ``if`` that lets only so many through, or one."""
    if not isinstance(above, ast.If):
        return False
    names = {last_name(each) for each in ast.walk(above.test)}
    asks = any(isinstance(each, (ast.Is, ast.NotIn)) for each in ast.walk(above.test))
    return asks or bool(names & {"done", "len", "is_alive", "full", "locked"})


def _is_other(node: ast.AST) -> bool:
    """Tell whether ``node`` is a part of a loop that accepts connections, or counts its tasks."""
    if isinstance(node, ast.Call):
        return "accept" in last_name(node.func)
    if not isinstance(node, ast.Compare):
        return False
    return any(
        isinstance(each, ast.Call) and last_name(each.func) == "len" for each in ast.walk(node)
    )


def _found(module: Module, call: ast.Call, runs: ast.expr | None) -> Finding:
    kind = "thread" if module.dotted(call.func) in _THREADS else "task"
    what = runs.func if isinstance(runs, ast.Call) else runs
    of = f" of `{written(what)}`" if isinstance(what, (ast.Name, ast.Attribute)) else ""
    message = (
        f"each turn of the loop starts a {kind}{of} and waits for none: they pile up once they are "
        "slower than what feeds the loop"
    )
    return module.finding("SN403", call, message, tier=Tier.ADVICE, confidence=0.7)
