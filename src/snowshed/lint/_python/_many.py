"""Over what a loop goes: a few that somebody wrote down, or as many as somebody sends."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from snowshed.lint._python._names import scope_of
from snowshed.lint._python._nodes import COMPREHENSIONS, last_name, written

if TYPE_CHECKING:
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["has_name_of_settings", "is_bounded", "is_given", "through"]

# What goes through the same things, in some order.
_SAME = frozenset(
    {"enumerate", "zip", "reversed", "sorted", "list", "set", "tuple", "iter", "filter", "deque"}
    | {"dict", "frozenset", "items", "values", "keys", "copy", "tqdm"}
)
_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict)
_ADDS = frozenset({"append", "extend", "add", "update", "insert", "setdefault"})
_PARTS = re.compile(r"chunk|batch|islice|window|top_?[kn]\b", re.IGNORECASE)
# Settings and parts of a service, of which there are a few; and what others made to be run.
_SETTINGS = re.compile(
    r"(?:peer|node|server|endpoint|replica|member|broker|host|backend|upstream|listener|worker"
    r"|cluster|provider|plugin|service|component|module|handler|check|cfg|config|conf|option|runner"
    r"|addr|client|region|zone|source|sink|store|driver|stage|manager|controller|base_url"
    r"|interface|device|disk|volume|watcher|subscri|monitor|conn|channel|input|output|stream"
    r"|callback|hook|tool|agent|model|middleware|validator|extension|integration|platform"
    r"|coordinator|task|coro|future|awaitable|func|step|entit|adapter|strateg|engine|process"
    r"|executor|consumer|producer|transform|shard|partition|port|exporter|observer|receiver|sensor|param|arg|column"
    r"|field|kind|type)\w{0,3}$",
    re.IGNORECASE,
)
# What a request has of the service: `request.app.state.shards`.
_OF_SERVICE = frozenset({"app", "application", "state", "config", "settings", "g"})
# So many variables are followed.
_STEPS = 3


def through(over: ast.expr) -> ast.expr:
    """Return what is gone through, without what only changes the order of it."""
    while isinstance(over, ast.Call) and last_name(over.func) in _SAME:
        if isinstance(over.func, ast.Attribute) and last_name(over.func) != "tqdm":
            over = over.func.value
        elif over.args:
            over = over.args[0]
        else:
            break
    return over


def is_bounded(module: Module, over: ast.expr) -> bool:
    """Tell whether the source says how many there are: written out, counted, or a part of it."""
    if _PARTS.search(written(over)) or isinstance(over, ast.Constant):
        return True
    if isinstance(over, _DISPLAYS):
        return not any(isinstance(each, ast.Starred) for each in ast.walk(over))
    if isinstance(over, ast.Subscript):
        return isinstance(over.slice, ast.Slice) and over.slice.upper is not None
    if isinstance(over, ast.Call):
        counts = last_name(over.func) == "range"
        return counts and not any("len(" in written(each) for each in over.args)
    return isinstance(over, ast.Name) and _is_bounded_variable(module, over)


def _is_bounded_variable(module: Module, name: ast.Name) -> bool:
    scope = scope_of(module.function_of(name), name.id)
    values = scope.bindings[name.id] if scope is not None else []
    if scope is None or len(values) != 1:
        return False
    value = values[0]
    if not isinstance(value, (*_DISPLAYS, ast.Subscript)) or not is_bounded(module, value):
        return False
    return not any(
        isinstance(above := module.parent(read), ast.Attribute) and above.attr in _ADDS
        for read in scope.reads(name.id)
    )


def has_name_of_settings(over: ast.expr) -> bool:
    """Tell whether it is called as what a service has a few of; or has no name."""
    node: ast.AST = over.func if isinstance(over, ast.Call) else over
    if isinstance(node, ast.Subscript):
        node = node.slice if isinstance(node.slice, ast.Constant) else node.value
    name = str(node.value) if isinstance(node, ast.Constant) else last_name(node)
    return not name or name.isupper() or _SETTINGS.search(name) is not None


def is_given(function: Function, over: ast.AST, steps: int = _STEPS) -> bool:
    """Tell whether who calls ``function`` decides how many there are, or what was waited for."""
    root = over
    while isinstance(root, (ast.Attribute, ast.Subscript, ast.Call)):
        if isinstance(root, ast.Attribute) and root.attr in _OF_SERVICE:
            return False
        root = root.func if isinstance(root, ast.Call) else root.value
    if isinstance(root, ast.Await):
        return True
    if not isinstance(root, ast.Name) or root.id in {"self", "cls"}:
        return False
    scope = scope_of(function, root.id)
    if scope is None or scope.is_top:
        return False
    if root.id in scope.parameters:
        return True
    values = [value for value in scope.bindings[root.id] if value is not None]
    return steps > 0 and len(values) == 1 and _holds_given(scope, values[0], steps - 1)


def _holds_given(function: Function, value: ast.AST, steps: int) -> bool:
    if isinstance(value, COMPREHENSIONS):
        return is_given(function, value.generators[0].iter, steps)
    if isinstance(value, ast.Call):
        return any(is_given(function, each, steps) for each in (value.func, *value.args))
    return is_given(function, value, steps)
