"""The locks of two objects of one kind, taken one inside the other, and nothing says which first.

``async with giver.lock, taker.lock`` in ``transfer(giver, taker)`` is in order for each transfer,
and two in opposite directions wait for each other. What sorts them, or asks which is the smaller,
puts them in order; so does what they are: a parent and its child.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python._locks import LOCKS, ends_by_itself, lock_of
from snowshed.lint._python._names import annotated, annotation_of, class_around
from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["unordered"]

_ORDERS = frozenset({"sorted", "sort", "min", "max", "id", "hash"})
_SMALLER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
# What is called so has its place in an order already.
_IN_ORDER = re.compile(
    r"(?:^|_)(?:parent|child|outer|inner|first|second|one|two|low|lower|lo|high|higher|hi|small\w*"
    r"|big\w*|large\w*|old|new|top|bottom|left|right|before|after|prev\w*|next|root|leaf|main|sub"
    r"|owner|member|primary|replica|master|slave|\d+)(?:_|$)|\d$"
)
# So many expressions are looked at on the way down two that are alike.
_PARTS = 30


def unordered(folder: Folder) -> Iterator[Finding]:
    """Yield each lock that is taken with its twin of another object held."""
    for function in folder.functions():
        if len(function.withs) == 0 or function.is_top or _puts_in_order(function):
            continue
        for held, taken in _nested(function):
            names = _twins(function, held, taken)
            if names is None or ends_by_itself(function.module, taken):
                continue
            tier = _tier(folder, function, held, taken, names)
            if tier is not None and not _is_called_in_order(folder, function):
                yield _found(function.module, held, taken, tier)


def _puts_in_order(function: Function) -> bool:
    if any(last_name(call.func) in _ORDERS for call in function.calls):
        return True
    return any(
        isinstance(operator, _SMALLER)
        for node in ast.walk(function.node)
        if isinstance(node, ast.Compare)
        for operator in node.ops
    )


def _nested(function: Function) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield each two expressions of which the one is taken with the other held."""
    for with_ in function.withs:
        around = [
            item.context_expr
            for above in function.module.withs_of(with_)
            for item in above.items
            if isinstance(above, type(with_))
        ]
        own = [item.context_expr for item in with_.items]
        for at, taken in enumerate(own):
            yield from ((held, taken) for held in (*around, *own[:at]))


def _twins(function: Function, one: ast.expr, other: ast.expr) -> tuple[str, str] | None:
    """Return the two parameters that make the only difference of two expressions."""
    names = _difference(one, other)
    if names is None or any(_IN_ORDER.search(name.lower()) for name in names):
        return None
    bound = [function.bindings.get(name, []) for name in names]
    if any(len(values) != 1 for values in bound):
        return None
    values = [value for (value,) in bound]
    if all(isinstance(value, ast.arg) for value in values):
        return names
    made = [
        each for each in values if isinstance(each, ast.expr) and not isinstance(each, ast.Name)
    ]
    if len(made) == 2:
        below = _difference(made[0], made[1])
        of_parameters = below is not None and all(each in function.parameters for each in below)
        return below if of_parameters else None
    return None


def _difference(one: ast.AST, other: ast.AST) -> tuple[str, str] | None:
    """Return the two names that are all that differs; None if they are the same, or more does."""
    found: set[tuple[str, str]] = set()
    todo: list[tuple[ast.AST, ast.AST]] = [(one, other)]
    for count, (mine, yours) in enumerate(todo):
        if count > _PARTS or type(mine) is not type(yours):
            return None
        if isinstance(mine, ast.Name) and isinstance(yours, ast.Name):
            if mine.id != yours.id:
                found.add((mine.id, yours.id))
            continue
        if isinstance(mine, ast.Constant) and mine.value != getattr(yours, "value", None):
            return None
        if isinstance(mine, ast.Attribute) and mine.attr != getattr(yours, "attr", ""):
            return None
        below = [*ast.iter_child_nodes(mine)], [*ast.iter_child_nodes(yours)]
        if len(below[0]) != len(below[1]):
            return None
        todo.extend(zip(*below, strict=True))
    return found.pop() if len(found) == 1 else None


def _tier(
    folder: Folder, function: Function, held: ast.expr, taken: ast.expr, names: tuple[str, str]
) -> Tier | None:
    """Tell how certain it is that both are locks of one kind; None if it is not at all."""
    module = function.module
    if _kind(function, names[0]) != _kind(function, names[1]):
        return None
    if isinstance(taken, ast.Attribute):
        one, other = lock_of(folder, module, held), lock_of(folder, module, taken)
        if one is not None and one == other:
            return Tier.DEFAULT
        return Tier.ADVICE if one is other and _is_lock_by_name(folder, taken.attr) else None
    if isinstance(taken, ast.Subscript):
        return Tier.DEFAULT if _holds_locks(module, taken.value) else None
    helper = folder.helper(module, taken) if isinstance(taken, ast.Call) else None
    node = helper.node if helper is not None else None
    returns = node.returns if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
    is_lock = helper is not None and annotated(helper.module, returns).removesuffix("()") in LOCKS
    return Tier.DEFAULT if is_lock else None


def _kind(function: Function, name: str) -> str:
    """Return what a parameter is said to be; of ``self`` it is the class."""
    argument = next((each for each in function.arguments if each.arg == name), None)
    if name == "self" and function.class_ is not None:
        return function.class_.name
    found = annotation_of(argument.annotation) if argument is not None else None
    word = last_name(found) if found is not None else ""
    return function.class_.name if word == "Self" and function.class_ is not None else word


def _is_lock_by_name(folder: Folder, name: str) -> bool:
    """Tell whether each class of the folder that has such an attribute has a lock there."""
    made = [
        module.dotted(value.func) in LOCKS if isinstance(value, ast.Call) else False
        for module in folder.modules
        for class_ in module.all_classes
        for value in module.attribute(class_, name)
    ]
    return bool(made) and all(made)


def _holds_locks(module: Module, node: ast.expr) -> bool:
    """Tell whether ``node`` is a collection of locks, by what makes it."""
    if isinstance(node, ast.Attribute) and last_name(node.value) == "self":
        class_ = class_around(module, node)
        values = [*module.attribute(class_, node.attr)] if class_ is not None else []
    elif isinstance(node, ast.Name):
        values = [each for each in module.top.bindings.get(node.id, []) if each is not None]
    else:
        return False
    return any(
        isinstance(each, (ast.Name, ast.Attribute)) and module.dotted(each) in LOCKS
        for value in values
        for each in ast.walk(value)
    )


def _is_called_in_order(folder: Folder, function: Function) -> bool:
    """Tell whether those who call it sort what they give it, or always give the same."""
    calls = [
        (caller, call)
        for caller in folder.functions()
        for call in caller.calls
        if last_name(call.func) == function.short_name
        and folder.helper(caller.module, call) is function
    ]
    if any(_puts_in_order(caller) for caller, _ in calls):
        return True
    given = [argument for _, call in calls for argument in call.args]
    return bool(given) and all(
        isinstance(each, ast.Attribute) and last_name(each.value) == "self" for each in given
    )


def _found(module: Module, held: ast.expr, taken: ast.expr, tier: Tier) -> Finding:
    first, second = written(held), written(taken)
    message = (
        f"`{second}` is taken with `{first}` held, and nothing puts the two in order: another that "
        "takes them the other way round waits for this one, and this one for it"
    )
    return module.finding(
        "SN315",
        taken,
        message,
        tier=tier,
        confidence=0.8 if tier is Tier.DEFAULT else 0.6,
        related=(module.related(held, f"`{first}` is taken here first"),),
        waits_at=(taken.lineno,),
    )
