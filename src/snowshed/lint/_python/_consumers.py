"""Tasks that take from a queue, and end at the first error, which nobody looks at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from snowshed.lint._python._fate import End, fate_of
from snowshed.lint._python._locks import ends_by_itself
from snowshed.lint._python._names import class_around, scope_of
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
# What waits for a place in a queue, or until all of it is done.
_WAITED_FOR = frozenset({"put", "join"})
_LOOKS_AT = frozenset({"done", "exception", "result", "add_done_callback"})


class _Taken(NamedTuple):
    """What a loop without an end takes, and what it does with it that may fail.

    Attributes:
        get: where it takes.
        queue: from what, as the starting function calls it if that has it, or else the consumer.
        made: the call that makes the queue.
        work: what may fail.
        is_local: whether the queue is a variable of the function that starts the consumer.
    """

    get: ast.Await
    queue: ast.expr
    made: ast.Call
    work: ast.Await
    is_local: bool


class _Others:
    """What the functions of a module do with its queues and its tasks."""

    def __init__(self, module: Module) -> None:
        self.module = module

    @cached_property
    def _waits(self) -> dict[tuple[str, object], list[ast.Await]]:
        """Where they wait for a queue, by its name and who has it: see `waits_for`."""
        module = self.module
        found: dict[tuple[str, object], list[ast.Await]] = {}
        for function in module.functions:
            for each in function.awaits:
                called = each.value.func if isinstance(each.value, ast.Call) else None
                if isinstance(called, ast.Attribute) and called.attr in _WAITED_FOR:
                    name = written(called.value)
                    for owner in {None, function, class_around(module, each)}:
                        found.setdefault((name, owner), []).append(each)
        return found

    def waits_for(self, queue: str, owner: Function | ast.ClassDef | None) -> list[ast.Await]:
        """Return where one waits for ``queue`` of a function or a class; None: of all of them."""
        return self._waits.get((queue, owner), [])

    @cached_property
    def learned(self) -> frozenset[str]:
        """How all is called of which somebody learns that it has ended, or waits for that."""
        named = self.module.named.items()
        return frozenset(
            name for name, nodes in named if any(_learns(self.module, node) for node in nodes)
        )


def mortal(folder: Folder) -> Iterator[Finding]:
    """Yield the work by which a consumer may end that others wait for: what SN324 says."""
    for module in folder.modules:
        others = _Others(module)
        told: set[Function] = set()
        for spawn in module.spawns:
            consumer = _consumer(folder, module, spawn)
            if consumer is None or consumer in told or consumer.module is not module:
                continue
            taken = _taken(consumer, spawn)
            waits = _waits(others, consumer, taken, spawn) if taken is not None else []
            waits = [each for each in waits if not _is_looked_at(others, spawn, each)]
            if taken is not None and waits:
                told.add(consumer)
                yield _found(consumer, taken, waits, spawn)


def _consumer(folder: Folder, module: Module, spawn: Spawn) -> Function | None:
    if spawn.kind != "task" or not isinstance(spawn.runs, ast.Call):
        return None
    found = folder.helper(module, spawn.runs)
    return found if found is not None and found.is_async and not found.decorators else None


def _taken(consumer: Function, spawn: Spawn) -> _Taken | None:
    module = consumer.module
    for get in consumer.awaits:
        call, loop = get.value, module.loop_of(get)
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr != "get" or call.args or not isinstance(loop, ast.While):
            continue
        if not isinstance(loop.test, ast.Constant) or _is_caught(module, loop):
            continue
        queue = _as_started(consumer, spawn, call.func.value)
        made = _made(module, queue)
        works = [each for each in consumer.awaits if _may_fail(module, each, get, loop)]
        if made is not None and works and not _is_caught(module, get):
            return _Taken(get, queue, made, works[0], _is_local(module, queue))
    return None


def _as_started(consumer: Function, spawn: Spawn, queue: ast.expr) -> ast.expr:
    """Return what the function that starts the consumer gives it as ``queue``, if it does."""
    names = [each.arg for each in consumer.arguments if each.arg not in {"self", "cls"}]
    if not isinstance(queue, ast.Name) or not isinstance(spawn.runs, ast.Call):
        return queue
    for keyword in spawn.runs.keywords:
        if keyword.arg == queue.id:
            return keyword.value
    at = names.index(queue.id) if queue.id in names else -1
    return spawn.runs.args[at] if 0 <= at < len(spawn.runs.args) else queue


def _is_local(module: Module, queue: ast.expr) -> bool:
    scope = scope_of(module.function_of(queue), queue.id) if isinstance(queue, ast.Name) else None
    return scope is not None and not scope.is_top


def _made(module: Module, queue: ast.expr) -> ast.Call | None:
    """Return the call that makes ``queue``, if it is of ``self``, the module or a variable."""
    values: list[ast.AST | None] = []
    if isinstance(queue, ast.Attribute) and last_name(queue.value) == "self":
        class_ = class_around(module, queue)
        values = [*module.attribute(class_, queue.attr)] if class_ is not None else []
    elif isinstance(queue, ast.Name):
        scope = scope_of(module.function_of(queue), queue.id)
        values = scope.bindings[queue.id] if scope is not None else []
    calls = [each for each in values if isinstance(each, ast.Call)]
    is_known = len(calls) == len(values) == 1 and module.dotted(calls[0].func) in _QUEUES
    return calls[0] if is_known else None


def _has_limit(made: ast.Call) -> bool:
    limits = [*made.args, *(each.value for each in made.keywords)]
    limit = limits[0] if limits else None
    return limit is not None and not (isinstance(limit, ast.Constant) and not limit.value)


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


def _waits(others: _Others, consumer: Function, taken: _Taken, spawn: Spawn) -> list[ast.Await]:
    """Return where others wait for a place in the queue, or until all of it is done."""
    module, name = consumer.module, written(taken.queue)
    owner: Function | ast.ClassDef | None = None
    if isinstance(taken.queue, ast.Attribute):
        owner = class_around(module, taken.queue)
    elif taken.is_local:
        owner = module.function_of(spawn.call)
    methods = {"put"} if _has_limit(taken.made) else set()
    done = [call for call in consumer.calls if last_name(call.func) == "task_done"]
    # With `task_done` in a `finally`, those that are left go on; where it is missing, `join` of a
    # queue without a limit waits for ever whether or not this fails.
    if not any(_is_in_finally(module, call) for call in done) and (done or methods):
        methods.add("join")
    return [
        each
        for each in others.waits_for(name, owner)
        if isinstance(each.value, ast.Call)
        and last_name(each.value.func) in methods
        and module.function_of(each) is not consumer
        and not ends_by_itself(module, each)
    ]


def _is_in_finally(module: Module, call: ast.Call) -> bool:
    statement = module.statement_of(call)
    return any(statement in getattr(above, "finalbody", ()) for above in module.up(call))


def _is_looked_at(others: _Others, spawn: Spawn, wait: ast.Await) -> bool:
    """Tell whether somebody learns that the task has ended, before ``wait`` is over."""
    module = others.module
    fate = fate_of(module, spawn.call)
    if fate.asked & _LOOKS_AT or {End.PASSED, End.RETURNED} & {fate.end, *fate.ways}:
        return True
    if _is_join_after(module, spawn, wait):
        return _is_awaited_before(module, spawn, wait)
    if fate.end is End.AWAITED:
        return True
    name = last_name(fate.holder) if fate.holder is not None else ""
    if not name:
        return fate.end is not End.DROPPED
    return name in others.learned


def _is_join_after(module: Module, spawn: Spawn, wait: ast.Await) -> bool:
    """Tell whether who starts it waits then until all is done, and only then looks at it."""
    is_join = isinstance(wait.value, ast.Call) and last_name(wait.value.func) == "join"
    same = module.function_of(wait) is module.function_of(spawn.call)
    return is_join and same and wait.lineno > spawn.call.lineno


def _is_awaited_before(module: Module, spawn: Spawn, wait: ast.Await) -> bool:
    function = module.function_of(spawn.call)
    names = _holders(module, function, spawn.call)
    return any(
        isinstance(part, ast.Name) and part.id in names
        for each in function.awaits
        if spawn.call.lineno < each.lineno <= wait.lineno
        for part in ast.walk(each)
    )


def _holders(module: Module, function: Function, node: ast.expr) -> set[str]:
    """Return the variables that have it, or a list of such."""
    above = module.statement_of(node)
    targets = above.targets if isinstance(above, ast.Assign) else [getattr(above, "target", above)]
    names = {last_name(target) for target in targets}
    for call in function.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"append", "add"}:
            given = {last_name(each) for each in call.args}
            if given & names or node in call.args:
                names.add(last_name(call.func.value))
    return names - {""}


def _learns(module: Module, node: ast.AST) -> bool:
    above = module.parent(node)
    if isinstance(above, ast.Attribute):
        return above.attr in _LOOKS_AT
    is_set = isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
    if is_set or isinstance(above, (ast.Compare, ast.If, ast.UnaryOp, ast.BoolOp)):
        return False
    # Whoever awaits what he has cancelled does not wait for its end.
    return "cancel" not in module.function_of(node).called


def _found(consumer: Function, taken: _Taken, waits: list[ast.Await], spawn: Spawn) -> Finding:
    module = consumer.module
    queue = written(taken.queue)
    first = last_name(waits[0].value.func) if isinstance(waits[0].value, ast.Call) else "put"
    if first == "put":
        then = (
            f"then nothing is taken from `{queue}`, and when it is full each `put` waits for ever"
        )
    else:
        then = f"then not all of `{queue}` is ever done, and `join` waits for ever"
    message = f"an error here ends `{consumer.short_name}`, and nobody is told: {then}"
    limit = "this queue has a limit" if first == "put" else "this is the queue"
    return module.finding(
        "SN324",
        taken.work,
        message,
        confidence=0.8,
        related=(
            module.related(spawn.call, "the task is started here"),
            module.related(taken.made, limit),
            *(module.related(each, "here is waited for it") for each in waits[:3]),
        ),
        waits_at=tuple(each.lineno for each in waits),
    )
