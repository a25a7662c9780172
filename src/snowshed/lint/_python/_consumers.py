"""Tasks that take from a queue with a limit, and end at the first error, which nobody looks at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from snowshed.lint._python._fate import End, fate_of
from snowshed.lint._python._locks import ends_by_itself
from snowshed.lint._python._names import class_around
from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module
    from snowshed.lint._python._spawns import Spawn

__all__ = ["mortal"]

_QUEUES = frozenset(f"asyncio.{kind}" for kind in ("Queue", "LifoQueue", "PriorityQueue"))
# These fail only when the task is to end.
_SAFE = frozenset({"sleep", "checkpoint", "get", "put", "wait", "acquire", "join"})
_LOOKS_AT = frozenset({"done", "exception", "result", "add_done_callback"})


class _Taken(NamedTuple):
    """What a loop without an end takes, and what it does with it that may fail."""

    get: ast.Await
    queue: ast.expr
    made: ast.Call
    work: ast.Await


def mortal(folder: Folder) -> Iterator[Finding]:
    """Yield the work by which a consumer may end that others wait for: what SN324 says."""
    for module in folder.modules:
        told: set[Function] = set()
        for spawn in module.spawns:
            consumer = _consumer(folder, module, spawn)
            if consumer is None or consumer in told or consumer.module is not module:
                continue
            taken = _taken(consumer)
            puts = _puts(consumer, taken) if taken is not None else []
            if taken is not None and puts and not _is_looked_at(module, spawn):
                told.add(consumer)
                yield _found(consumer, taken, puts, spawn)


def _consumer(folder: Folder, module: Module, spawn: Spawn) -> Function | None:
    if spawn.kind != "task" or not isinstance(spawn.runs, ast.Call):
        return None
    found = folder.helper(module, spawn.runs)
    return found if found is not None and found.is_async and not found.decorators else None


def _taken(consumer: Function) -> _Taken | None:
    module = consumer.module
    for get in consumer.awaits:
        call, loop = get.value, module.loop_of(get)
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr != "get" or call.args or not isinstance(loop, ast.While):
            continue
        made = _made(module, call.func.value)
        if made is None or not isinstance(loop.test, ast.Constant) or _is_caught(module, loop):
            continue
        works = [each for each in consumer.awaits if _may_fail(module, each, get, loop)]
        if works and not _is_caught(module, get):
            return _Taken(get, call.func.value, made, works[0])
    return None


def _made(module: Module, queue: ast.expr) -> ast.Call | None:
    """Return the call that makes ``queue`` with a limit, if it is of ``self`` or the module."""
    values: list[ast.AST | None] = []
    if isinstance(queue, ast.Attribute) and last_name(queue.value) == "self":
        class_ = class_around(module, queue)
        values = [*module.attribute(class_, queue.attr)] if class_ is not None else []
    elif isinstance(queue, ast.Name) and queue.id not in module.function_of(queue).bindings:
        values = module.top.bindings.get(queue.id, [])
    calls = [each for each in values if isinstance(each, ast.Call)]
    if len(calls) != 1 or module.dotted(calls[0].func) not in _QUEUES:
        return None
    limits = [*calls[0].args, *(each.value for each in calls[0].keywords)]
    limit = limits[0] if limits else None
    is_none = limit is None or (isinstance(limit, ast.Constant) and not limit.value)
    return None if is_none else calls[0]


def _may_fail(module: Module, each: ast.Await, get: ast.Await, loop: ast.While) -> bool:
    if each.lineno <= get.lineno or module.loop_of(each) is not loop:
        return False
    call = each.value
    is_work = isinstance(call, ast.Call) and last_name(call.func) not in _SAFE
    return is_work and not _is_caught(module, each)


def _is_caught(module: Module, node: ast.AST) -> bool:
    """Tell whether an error at ``node`` leads anywhere: something is done about it."""
    child = node
    for above in module.up(node):
        if isinstance(above, (ast.Try, ast.TryStar)) and child in above.body:
            if any(map(_catches, above.handlers)) or _tells(above.finalbody):
                return True
        elif isinstance(above, (ast.With, ast.AsyncWith)) and child in above.body:
            # What a block of others does with an error is not seen.
            return True
        child = above
    return False


def _catches(handler: ast.ExceptHandler) -> bool:
    named = written(handler.type) if handler.type is not None else "Exception"
    only_ends = named.rpartition(".")[2] in {"CancelledError", "QueueEmpty", "TimeoutError"}
    return not only_ends


def _tells(body: list[ast.stmt]) -> bool:
    """Tell whether a ``finally`` does more than to say that the element is done."""
    return any(
        isinstance(each, ast.Call) and last_name(each.func) != "task_done"
        for statement in body
        for each in ast.walk(statement)
    )


def _puts(consumer: Function, taken: _Taken) -> list[ast.Await]:
    """Return where others wait for a place in the queue."""
    module, name = consumer.module, written(taken.queue)
    class_ = class_around(module, taken.queue) if isinstance(taken.queue, ast.Attribute) else None
    return [
        each
        for function in module.functions
        if function is not consumer
        for each in function.awaits
        if isinstance(each.value, ast.Call)
        and isinstance(each.value.func, ast.Attribute)
        and each.value.func.attr in {"put", "join"}
        and written(each.value.func.value) == name
        and (class_ is None or class_around(module, each) is class_)
        and not ends_by_itself(module, each)
    ]


def _is_looked_at(module: Module, spawn: Spawn) -> bool:
    """Tell whether somebody learns that the task has ended."""
    fate = fate_of(module, spawn.call)
    if fate.end not in {End.DROPPED, End.KEPT, End.CANCELLED} or fate.asked & _LOOKS_AT:
        return True
    name = last_name(fate.holder) if fate.holder is not None else ""
    if not name:
        return fate.end is not End.DROPPED
    return any(_learns(module, node) for node in ast.walk(module.tree) if last_name(node) == name)


def _learns(module: Module, node: ast.AST) -> bool:
    above = module.parent(node)
    if isinstance(above, ast.Attribute):
        return above.attr in _LOOKS_AT
    is_set = isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
    if is_set or isinstance(above, (ast.Compare, ast.If, ast.UnaryOp, ast.BoolOp)):
        return False
    # Whoever awaits what he has cancelled does not wait for its end.
    cancels = any(last_name(call.func) == "cancel" for call in module.function_of(node).calls)
    return not cancels


def _found(consumer: Function, taken: _Taken, puts: list[ast.Await], spawn: Spawn) -> Finding:
    module = consumer.module
    queue = written(taken.queue)
    waits = last_name(puts[0].value.func) if isinstance(puts[0].value, ast.Call) else "put"
    then = "when it is full each `put` waits" if waits == "put" else "each `join` waits"
    message = (
        f"an error here ends `{consumer.short_name}`, and nobody is told: then nothing is taken "
        f"from `{queue}`, and {then} for ever"
    )
    return module.finding(
        "SN324",
        taken.work,
        message,
        confidence=0.8,
        related=(
            module.related(spawn.call, "the task is started here"),
            module.related(taken.made, "this queue has a limit"),
            *(module.related(each, "here is waited for it") for each in puts[:3]),
        ),
        waits_at=tuple(each.lineno for each in puts),
    )
