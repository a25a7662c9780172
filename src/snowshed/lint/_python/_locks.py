"""Locks of Python, told apart by what has them: a class and its attribute, or a module."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from snowshed.lint._python._names import scope_of
from snowshed.lint._python._nodes import last_name

if TYPE_CHECKING:
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["LOCKS", "Lock", "Taken", "ends_by_itself", "held_at", "lock_of", "taken_in"]

_LIBRARIES = ("asyncio", "threading", "anyio", "trio", "multiprocessing", "aiologic")
LOCKS = frozenset(f"{each}.{kind}" for each in _LIBRARIES for kind in ("Lock", "RLock"))
_SEMAPHORES = frozenset(
    f"{each}.{kind}" for each in _LIBRARIES for kind in ("Semaphore", "BoundedSemaphore")
)
_CONDITIONS = frozenset(f"{each}.Condition" for each in _LIBRARIES)
_TIMEOUTS = frozenset(
    {"timeout", "timeout_at", "fail_after", "fail_at", "move_on_after", "move_on_at", "Timeout"}
)
# A condition may be of the lock of another one.
_STEPS = 3


class Lock(NamedTuple):
    """A lock, one for each object of a class or one for all.

    Attributes:
        owner: the class or module.
        name: its attribute or variable.
    """

    owner: ast.AST
    name: str


class Taken(NamedTuple):
    """A lock that a ``with`` takes, and those that it holds at that moment, the outermost first."""

    lock: Lock
    node: ast.expr
    held: tuple[tuple[Lock, ast.expr], ...]


def lock_of(folder: Folder, module: Module, node: ast.expr, steps: int = _STEPS) -> Lock | None:
    """Return the lock that ``node`` names, if it is made once and of a kind that one can hold."""
    if steps == 0:
        return None
    if isinstance(node, ast.Attribute):
        return _of_attribute(folder, module, node, steps)
    if not isinstance(node, ast.Name):
        return None
    if scope_of(module.function_of(node), node.id) is not module.top:
        return None
    values = module.top.bindings[node.id]
    return _made(folder, module, Lock(module.tree, node.id), values, steps)


def _of_attribute(folder: Folder, module: Module, node: ast.Attribute, steps: int) -> Lock | None:
    class_ = folder.class_of(module, node.value)
    owners = class_.module.owners(class_.node, node.attr) if class_ is not None else []
    if class_ is None or not owners:
        return None
    values = class_.module.attribute(class_.node, node.attr)
    return _made(folder, class_.module, Lock(owners[-1], node.attr), values, steps)


def _made(
    folder: Folder, module: Module, lock: Lock, values: Sequence[ast.AST | None], steps: int
) -> Lock | None:
    """Return ``lock`` if ``values`` are one call that makes it; of a condition, that below it."""
    calls = [each for each in values if not _is_none(each)]
    call = calls[0] if len(calls) == 1 else None
    if not isinstance(call, ast.Call):
        return None
    kind = module.dotted(call.func)
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if kind in LOCKS:
        return lock
    if kind in _CONDITIONS:
        below = given[0] if given else None
        if below is None or (isinstance(below, ast.Call) and module.dotted(below.func) in LOCKS):
            return lock
        return lock_of(folder, module, below, steps - 1)
    one = not given or (isinstance(given[0], ast.Constant) and given[0].value == 1)
    return lock if kind in _SEMAPHORES and one else None


def _is_none(value: ast.AST | None) -> bool:
    is_none = isinstance(value, ast.Constant) and value.value is None
    # A plain annotation in the class says what it is, and makes nothing.
    return is_none or (isinstance(value, ast.arg) and not value.arg)


def taken_in(folder: Folder, function: Function) -> Iterator[Taken]:
    """Yield each lock that a ``with`` of ``function`` itself takes."""
    for with_ in function.withs:
        held: list[tuple[Lock, ast.expr]] = []
        for item in with_.items:
            lock = lock_of(folder, function.module, item.context_expr)
            if lock is not None:
                around = held_at(folder, function.module, with_)
                yield Taken(lock, item.context_expr, (*around, *held))
                held.append((lock, item.context_expr))


def held_at(folder: Folder, module: Module, node: ast.AST) -> list[tuple[Lock, ast.expr]]:
    """Return the locks that are held where ``node`` stands, the outermost first."""
    items = (item for with_ in reversed(module.withs_of(node)) for item in with_.items)
    found = ((lock_of(folder, module, each.context_expr), each.context_expr) for each in items)
    return [(lock, node) for lock, node in found if lock is not None]


def ends_by_itself(module: Module, node: ast.AST) -> bool:
    """Tell whether a block around ``node`` gives up after a while."""
    return any(
        isinstance(item.context_expr, ast.Call) and last_name(item.context_expr.func) in _TIMEOUTS
        for above in module.up(node)
        if isinstance(above, (ast.With, ast.AsyncWith))
        for item in above.items
    )
