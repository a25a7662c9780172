"""Queues without a limit of which more is to be seen than that they have none.

That a callback puts into such a queue is mostly well: what comes is little, or taken at once. Three
things say that somebody will miss the limit. The code handles that the queue is full, and it never
is. One task takes the elements, and waits for somebody else with each of them. Or each who
subscribes adds a queue to a collection, from which nothing is ever taken.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed.lint._python._names import class_around, scope_of
from snowshed.lint._python._network import asks
from snowshed.lint._python._nodes import last_name, targets_of, written

if TYPE_CHECKING:
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._module import Module

__all__ = ["added_for_ever", "handler_of_full", "slow_work"]

_FULL = frozenset({"QueueFull", "Full"})
# What slows down who sends, or looks how much there is.
_HOLDS_BACK = frozenset({"qsize", "full", "maxsize", "pause_reading", "pause", "resume_reading"})
# Who goes through a collection, or asks how large it is, leaves it as it is.
_LOOKS = frozenset({"list", "set", "tuple", "len", "bool", "sorted", "enumerate", "iter", "copy"})
_LOOKED_AT = (
    *(ast.For, ast.AsyncFor, ast.comprehension, ast.Starred, ast.If, ast.IfExp, ast.While),
    *(ast.UnaryOp, ast.BoolOp, ast.Compare),
)
_SAYS_SO = re.compile(r"_*(?:send|write|publish|post|request|insert|save|store|upload|deliver)")
# What runs once for each object.
_ONCE = frozenset({"__init__", "__post_init__", "__new__", "setup", "reset"})
# Waiting for these is no work.
_OF_QUEUES = frozenset({"get", "put", "join", "sleep", "checkpoint", "wait", "acquire", "wait_for"})


def handler_of_full(module: Module, put: ast.AST) -> ast.ExceptHandler | None:
    """Return what is to run if the queue is full, around a call that puts into it."""
    child = put
    for above in module.up(put):
        if isinstance(above, (ast.Try, ast.TryStar)) and child in above.body:
            for handler in above.handlers:
                if handler.type is not None and _FULL & {*map(last_name, ast.walk(handler.type))}:
                    return handler
        child = above
    return None


def slow_work(folder: Folder, module: Module, owner: ast.expr) -> ast.Await | None:
    """Return what the one who takes from the queue waits for with each element.

    None if nobody is seen who does, if several take, or if something where the queue is known asks
    how full it is or holds back who sends.
    """
    taken = [each for each in module.calls_named("get") if _is_of(module, each, owner)]
    if len(taken) != 1 or _is_held_back(module, owner):
        return None
    loop = module.loop_of(taken[0])
    if not isinstance(loop, ast.While):
        return None
    works = _works(folder, module, taken[0], loop)
    return next(works, None)


def _is_of(module: Module, get: ast.Call, owner: ast.expr) -> bool:
    """Tell whether ``get`` takes from the queue that ``owner`` is where it is put."""
    method = get.func
    if not isinstance(method, ast.Attribute) or written(method.value) != written(owner):
        return False
    return _place(module, method.value) is _place(module, owner)


def _place(module: Module, owner: ast.expr) -> object:
    """Return the class or the function that ``owner`` belongs to."""
    root: ast.expr = owner
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    if isinstance(root, ast.Name) and root.id in {"self", "cls"}:
        return class_around(module, owner)
    return scope_of(module.function_of(owner), root.id) if isinstance(root, ast.Name) else None


def _is_held_back(module: Module, owner: ast.expr) -> bool:
    place = _place(module, owner)
    node = getattr(place, "node", place)
    return isinstance(node, ast.AST) and any(
        isinstance(each, ast.Attribute) and each.attr in _HOLDS_BACK for each in ast.walk(node)
    )


def _works(folder: Folder, module: Module, get: ast.Call, loop: ast.While) -> Iterator[ast.Await]:
    """Yield what is awaited after ``get`` in each turn, and is asked of somebody else."""
    for each in module.function_of(get).awaits:
        if each.lineno < get.lineno or module.loop_of(each) is not loop:
            continue
        if isinstance(each.value, ast.Call) and _is_asked(folder, module, each.value):
            above = [*module.up(each)]
            if not any(isinstance(one, (ast.If, ast.Match)) for one in above[: above.index(loop)]):
                yield each


def _is_asked(folder: Folder, module: Module, call: ast.Call) -> bool:
    """Tell whether somebody else is asked: a method of what is neither `self` nor a library."""
    if asks(module, call):
        return True
    helper = folder.helper(module, call)
    if helper is not None:
        return any(asks(helper.module, each) for each in helper.calls)
    method = call.func
    if not isinstance(method, ast.Attribute) or method.attr in _OF_QUEUES:
        return False
    if last_name(method.value) in {"self", "cls"}:
        # A method of a class that stands elsewhere, which says what it does.
        return _SAYS_SO.match(method.attr) is not None
    return not module.dotted(method)


def added_for_ever(folder: Folder, module: Module, made: ast.Call) -> ast.Call | None:
    """Return the call that adds the queue to a collection, if nothing ever takes one out of it.

    That is one of ``self`` or of the module, to which each call of a function adds one.
    """
    function = module.function_of(made)
    above = module.parent(made)
    if function.is_top or function.short_name in _ONCE:
        return None
    names = {each.id for each in targets_of(above) if isinstance(each, ast.Name)}
    for call in function.calls:
        method = call.func
        if not isinstance(method, ast.Attribute) or method.attr not in {"add", "append"}:
            continue
        given = call.args[0] if len(call.args) == 1 else None
        is_it = given is made or (isinstance(given, ast.Name) and given.id in names)
        if is_it and _is_shared(module, method.value) and not _shrinks(folder, method.value):
            return call
    return None


def _is_shared(module: Module, collection: ast.expr) -> bool:
    """Tell whether a collection outlives the function: one of `self`, or of the module."""
    values: Sequence[ast.AST | None] = ()
    if isinstance(collection, ast.Attribute):
        class_ = class_around(module, collection)
        values = module.attribute(class_, collection.attr) if class_ is not None else ()
    elif isinstance(collection, ast.Name):
        scope = scope_of(module.function_of(collection), collection.id)
        values = module.top.bindings[collection.id] if scope is module.top else ()
    kept = [written(each) for each in values if each is not None]
    return bool(kept) and not any("Weak" in each for each in kept)


def _shrinks(folder: Folder, collection: ast.expr) -> bool:
    """Tell whether something in the folder may take out of what is called like ``collection``."""
    name = last_name(collection)
    return any(
        _may_shrink(module, node)
        for module in folder.modules
        for node in module.named.get(name, ())
    )


def _may_shrink(module: Module, node: ast.AST) -> bool:
    above = module.parent(node)
    if isinstance(above, ast.Attribute):
        return above.value is node and above.attr not in {"append", "add", "copy"}
    if isinstance(above, (ast.Assign, ast.AnnAssign)) and above.value is not node:
        function = module.function_of(above)
        return not (function.is_top or function.short_name in _ONCE)
    if isinstance(above, ast.Call):
        return last_name(above.func) not in _LOOKS
    return not isinstance(above, _LOOKED_AT)
