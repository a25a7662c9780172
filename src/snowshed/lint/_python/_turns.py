"""Loops that do not end, each turn of which starts a task or a thread that it does not wait for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python._dangling import is_dangling
from snowshed.lint._python._fanout import started, takes_place
from snowshed.lint._python._fate import End, fate_of
from snowshed.lint._python._network import asks
from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._module import Module

__all__ = ["endless"]

# What a loop asks that goes on until somebody ends it.
_GOES_ON = re.compile(
    r"run|alive|active|open|connect|start|clos|stop|done|exit|shut|cancel|quit|is_set|wait|terminat"
    r"|finish|enabled|loop|keep|keyboard|forever",
    re.IGNORECASE,
)
# What waits for the other side, and what takes what waits.
_RECEIVES = re.compile(r"_*(?:receive|recv|read|iter|__anext__)")
_TAKES = frozenset({"get", "recv", "receive", "read", "readline", "accept", "poll", "pop", "next"})
_AT_ONCE = frozenset({"sleep", "put"})
_LEAVES = (ast.Break, ast.Return, ast.Raise)
_THREADS = frozenset({"threading.Thread", "threading.Timer", "_thread.start_new_thread"})


class _Loop:
    """A loop, and what is asked of it for each of those that it starts."""

    def __init__(self, module: Module, node: ast.While | ast.AsyncFor) -> None:
        self.module = module
        self.node = node
        self._leaves: dict[ast.AST | None, ast.stmt | None] = {}

    @cached_property
    def is_other(self) -> bool:
        """Whether it accepts connections, or counts its tasks."""
        return any(map(_is_other, ast.walk(self.node)))

    @cached_property
    def is_sent(self) -> bool:
        """Whether each turn waits for what comes by a connection that a handler was given."""
        return _is_sent(self.module, self.node)

    @cached_property
    def is_timed(self) -> bool:
        """Whether each turn waits for the time, and for nothing else."""
        return _is_timed(self.module, self.node)

    def is_left_after(self, call: ast.Call) -> bool:
        """Tell whether it is left in the same turn."""
        statement = self.module.statement_of(call)
        above = self.module.parent(statement)
        if above not in self._leaves:
            last_first = reversed(getattr(above, "body", []))
            leaves = (each for each in last_first if isinstance(each, _LEAVES))
            self._leaves[above] = next(leaves, None)
        last = self._leaves[above]
        return last is not None and _at(last) > _at(statement)


def _at(statement: ast.stmt) -> tuple[int, int]:
    return statement.lineno, statement.col_offset


def endless(folder: Folder) -> Iterator[Finding]:
    """Yield what each turn of such a loop starts: what SN403 says of Python."""
    for module in folder.modules:
        known: dict[ast.AST, _Loop] = {}
        for call, runs in started(module):
            node = module.loop_of(call)
            if not isinstance(node, (ast.While, ast.AsyncFor)) or not _is_endless(node):
                continue
            loop = known.setdefault(node, _Loop(module, node))
            handler = folder.request_of(module.function_of(call))
            if handler is not None and handler.kind != "websocket":
                # Another rule tells of what a request starts.
                continue
            if _piles_up(module, call, node) and not _is_limited(folder, module, call, loop, runs):
                yield _found(folder, module, call, loop, runs)


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
    if module.spawn_of(call) is None:
        # A group waits for what it starts, but not the loop; who reads is another rule's matter.
        return isinstance(loop, ast.While) and fate.end <= End.RETURNED
    # What one attribute keeps has the place of the one before.
    is_one = fate.end is End.KEPT and not fate.among_others
    return fate.end <= End.KEPT and not is_one


def _is_limited(
    folder: Folder,
    module: Module,
    call: ast.Call,
    loop: _Loop,
    runs: ast.expr | None,
) -> bool:
    function = module.function_of(call)
    helper = folder.helper(module, runs) if isinstance(runs, ast.Call) else None
    return (
        takes_place(function, module.withs_of(call))
        or (helper is not None and takes_place(helper, helper.withs))
        or loop.is_left_after(call)
        or any(map(_asks_how_many, module.up(call)))
        or loop.is_other
    )


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


def _is_sure(
    folder: Folder,
    module: Module,
    call: ast.Call,
    loop: _Loop,
    runs: ast.expr | None,
) -> str:
    """Return who decides how many there are, if somebody is to be seen who does."""
    is_thread = module.dotted(call.func) in _THREADS
    if not is_thread and _is_told_as_dropped(folder, module, call):
        return ""
    handler = folder.request_of(module.function_of(call))
    if handler is not None and handler.kind == "websocket" and loop.is_sent:
        return "a client decides how many there are"
    hangs = loop.is_timed and _may_hang(folder, module, call, loop.node, runs, is_thread=is_thread)
    if hangs:
        return "the time goes on, whether or not the last one has ended"
    return ""


def _is_told_as_dropped(folder: Folder, module: Module, call: ast.Call) -> bool:
    """Tell whether another rule says of it that nobody keeps it, or that it outlives a request."""
    spawn, fate = module.spawn_of(call), fate_of(module, call)
    if spawn is None or fate.end is not End.DROPPED or fate.among_others:
        return False
    asked = folder.asked_by(module.function_of(call)) is not None
    return asked or is_dangling(folder, module, spawn)


def _is_sent(module: Module, loop: ast.While | ast.AsyncFor) -> bool:
    function = module.function_of(loop)
    while not function.is_top and function.outer is not None and not function.outer.is_top:
        function = function.outer
    heads = [loop.iter] if isinstance(loop, ast.AsyncFor) else []
    heads += [
        each.value
        for each in module.function_of(loop).awaits
        if module.loop_of(each) is loop and _RECEIVES.match(_called(each.value))
    ]
    return any(_root(head) in function.parameters for head in heads)


def _called(node: ast.expr) -> str:
    return last_name(node.func) if isinstance(node, ast.Call) else ""


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_timed(module: Module, loop: ast.While | ast.AsyncFor) -> bool:
    if not isinstance(loop, ast.While):
        return False
    function = module.function_of(loop)
    inside = [each for each in function.calls if loop in module.up(each)]
    sleeps = any(last_name(each.func) == "sleep" for each in inside)
    awaits = [each for each in function.awaits if loop in module.up(each)]
    # `while not stopped.wait(10)` sleeps as well.
    waits = any(
        isinstance(each, ast.Call)
        and last_name(each.func) == "wait"
        and (each.args or each.keywords)
        for each in ast.walk(loop.test)
    )
    others = [each for each in awaits if _called(each.value) != "sleep"]
    gets = [each for each in inside if last_name(each.func) in _TAKES]
    return (sleeps or waits) and not others and not gets


def _may_hang(
    folder: Folder,
    module: Module,
    call: ast.Call,
    loop: ast.While | ast.AsyncFor,
    runs: ast.expr | None,
    *,
    is_thread: bool,
) -> bool:
    """Tell whether what each turn starts asks somebody else, and does not give up."""
    above = [*module.up(call)]
    if any(isinstance(each, (ast.If, ast.Match, ast.For)) for each in above[: above.index(loop)]):
        return False
    named = runs.func if isinstance(runs, ast.Call) else runs
    helper = folder.function_at(module, named) if named is not None else None
    if helper is None or "timeout" in written(helper.node):
        return False
    if is_thread:
        return folder.blocks(helper) is not None or any(asks(module, e) for e in helper.calls)
    return any(_called(each.value) not in _AT_ONCE for each in helper.awaits)


def _found(
    folder: Folder,
    module: Module,
    call: ast.Call,
    loop: _Loop,
    runs: ast.expr | None,
) -> Finding:
    kind = "thread" if module.dotted(call.func) in _THREADS else "task"
    what = runs.func if isinstance(runs, ast.Call) else runs
    of = f" of `{written(what)}`" if isinstance(what, (ast.Name, ast.Attribute)) else ""
    why = _is_sure(folder, module, call, loop, runs)
    message = (
        f"each turn of the loop starts a {kind}{of} and waits for none: they pile up once they are "
        "slower than what feeds the loop"
    )
    tier, message = (Tier.DEFAULT, f"{message}, and {why}") if why else (Tier.ADVICE, message)
    return module.finding("SN403", call, message, tier=tier, confidence=0.8 if why else 0.7)
