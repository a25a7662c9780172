"""What a name stands for: what was imported under it, and what a variable was made by.

Nothing is inferred. A name has an origin if one thing is assigned to it in its function, its class
or its module; where two different things are, it has none, and rules say nothing.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed.lint._python._nodes import last_name

if TYPE_CHECKING:
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module
    from snowshed.lint._python._nodes import Assign, Loop

__all__ = [
    "annotated",
    "annotation_of",
    "assigned",
    "attributes_of",
    "bindings_of",
    "class_around",
    "dotted",
    "imports_of",
    "origin",
    "scope_of",
]

_BUILT_IN = frozenset(vars(builtins))
# A name has at most so many parts, calls included.
_PARTS = 40
# Of a variable that is set more often nobody knows what it is.
_VALUES = 4
# So many variables are followed from one to the next.
_STEPS = 4


def imports_of(statements: Iterable[ast.Import | ast.ImportFrom]) -> dict[str, str]:
    """Return what each imported name stands for; the first if it is imported twice."""
    found: dict[str, str] = {}
    for node in statements:
        if isinstance(node, ast.Import):
            for name in node.names:
                short = name.asname or name.name.partition(".")[0]
                found.setdefault(short, name.name if name.asname else short)
            continue
        start = "." * node.level + (f"{node.module}." if node.module else "")
        for name in node.names:
            found.setdefault(name.asname or name.name, start + name.name)
    return found


def dotted(module: Module, node: ast.AST) -> str:
    """Return the full name of what ``node`` is, if it was imported or is built in."""
    last = ""
    for _ in range(_PARTS):
        if isinstance(node, ast.Attribute):
            last = f".{node.attr}{last}"
            node = node.value
        elif isinstance(node, ast.Call):
            last = f"(){last}"
            node = node.func
        elif isinstance(node, ast.Name):
            full = module.imports.get(node.id) or (node.id if node.id in _BUILT_IN else "")
            return full + last if full and not module.is_shadowed(node) else ""
        else:
            break
    return ""


def origin(module: Module, node: ast.AST, steps: int = _STEPS) -> str:
    """Return the full name of what ``node`` was made by, or that it has itself."""
    last = ""
    for _ in range(_PARTS):
        if isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.BoolOp):
            # Of `given or Session()` the last one says what it is.
            node = node.values[-1]
        elif isinstance(node, ast.Call):
            last = f"(){last}"
            node = node.func
        elif isinstance(node, ast.Attribute):
            held = _one(module, _of_self(module, node), steps)
            if held:
                return held + last
            last = f".{node.attr}{last}"
            node = node.value
        else:
            break
    if not isinstance(node, ast.Name):
        return ""
    first = _one(module, _of_variable(module, node), steps) or dotted(module, node)
    return first + last if first else ""


def _one(module: Module, values: Sequence[ast.AST | None], steps: int) -> str:
    """Return the origin that all ``values`` share."""
    if steps == 0 or len(values) > _VALUES:
        return ""
    found = set()
    for value in values:
        if value is None:
            return ""
        if isinstance(value, ast.Constant) and value.value is None:
            continue
        if isinstance(value, ast.arg):
            found.add(annotated(module, value.annotation))
        else:
            found.add(origin(module, value, steps - 1))
    return found.pop() if len(found) == 1 else ""


def annotated(module: Module, node: ast.expr | None) -> str:
    """Return ``the.Class()`` for the annotation ``Class``, ``Class | None`` or ``"Class"``."""
    found = annotation_of(node)
    name = dotted(module, found) if found is not None else ""
    return f"{name}()" if name else ""


def annotation_of(node: ast.expr | None) -> ast.expr | None:
    """Return the one class that an annotation names, without what may be around it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [side for side in (node.left, node.right) if not isinstance(side, ast.Constant)]
        return annotation_of(sides[0]) if len(sides) == 1 else None
    if isinstance(node, ast.Subscript):
        whole = last_name(node.value)
        if whole == "Annotated" and isinstance(node.slice, ast.Tuple):
            return annotation_of(node.slice.elts[0])
        # `Queue[int]` is a queue, and `list[Queue]` is none.
        return annotation_of(node.slice if whole == "Optional" else node.value)
    return node


def _of_self(module: Module, node: ast.Attribute) -> list[ast.AST | None]:
    """Return what is assigned to the attribute of ``self`` that ``node`` is."""
    if not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}):
        return []
    class_ = class_around(module, node)
    return [*module.attribute(class_, node.attr)] if class_ is not None else []


def class_around(module: Module, node: ast.AST) -> ast.ClassDef | None:
    """Return the class that ``self`` is of, where ``node`` stands."""
    function: Function | None = module.function_of(node)
    while function is not None:
        if function.class_ is not None:
            return function.class_
        function = function.outer
    return None


def _of_variable(module: Module, node: ast.Name) -> list[ast.AST | None]:
    scope = scope_of(module.function_of(node), node.id)
    return scope.bindings[node.id] if scope is not None else []


def scope_of(function: Function, name: str) -> Function | None:
    """Return the function whose variable ``name`` is where ``function`` uses it, or the module."""
    scope: Function | None = function
    while scope is not None:
        if name in scope.bindings and name not in scope.shared:
            return scope
        scope = scope.outer
    return None


def bindings_of(function: Function) -> dict[str, list[ast.AST | None]]:
    """Return what each variable of ``function`` is bound to; None for what is not known."""
    found: dict[str, list[ast.AST | None]] = {}
    for name, value in _bound(function):
        found.setdefault(name, []).append(value)
    return found


def _bound(function: Function) -> Iterator[tuple[str, ast.AST | None]]:
    for argument in function.arguments:
        yield argument.arg, argument
    for name in function.parameters - {each.arg for each in function.arguments}:
        yield name, None
    for assign in function.assigns:
        if not _stands_in_class(function, assign):
            yield from _bound_by(assign)
    for with_ in function.withs:
        for item in with_.items:
            if isinstance(item.optional_vars, ast.Name):
                yield item.optional_vars.id, item.context_expr
    for loop in function.loops:
        yield from ((name, None) for target in _drawn(loop) for name in _targets(target))


def _drawn(loop: Loop) -> list[ast.expr]:
    """Return what a loop sets on each turn."""
    if isinstance(loop, ast.While):
        return []
    # A comprehension has variables of its own; they are taken for those of its function.
    if isinstance(loop, (ast.For, ast.AsyncFor)):
        return [loop.target]
    return [generator.target for generator in loop.generators]


def _bound_by(assign: Assign) -> Iterator[tuple[str, ast.AST | None]]:
    for target, value in assigned(assign):
        if isinstance(target, ast.Name):
            yield target.id, value
        else:
            yield from ((name, None) for name in _targets(target))


def assigned(assign: Assign) -> Iterator[tuple[ast.expr, ast.AST | None]]:
    if isinstance(assign, ast.Assign):
        yield from ((target, assign.value) for target in assign.targets)
    elif isinstance(assign, ast.AugAssign):
        yield assign.target, None
    elif isinstance(assign, ast.AnnAssign):
        known = assign.value is not None
        yield assign.target, assign.value if known else ast.arg("", assign.annotation)
    else:
        yield assign.target, assign.value


def _targets(target: ast.expr) -> list[str]:
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Starred):
        return _targets(target.value)
    if isinstance(target, (ast.Tuple, ast.List)):
        return [name for each in target.elts for name in _targets(each)]
    return []


def _stands_in_class(function: Function, node: ast.AST) -> bool:
    """Tell whether ``node`` makes an attribute of a class, and no variable."""
    return any(isinstance(above, ast.ClassDef) for above in function.module.up(node))


def attributes_of(module: Module) -> dict[tuple[ast.AST, str], list[ast.AST]]:
    """Return what is assigned to each attribute of ``self``, by class and name."""
    found: dict[tuple[ast.AST, str], list[ast.AST]] = {}
    for function in module.functions:
        for assign in function.assigns:
            for target, value in assigned(assign):
                owner = _owner(module, assign, target)
                if owner is not None and value is not None:
                    found.setdefault(owner, []).append(value)
    return found


def _owner(module: Module, assign: Assign, target: ast.expr) -> tuple[ast.AST, str] | None:
    """Return the class and attribute that ``target`` is."""
    if isinstance(target, ast.Attribute):
        of_self = isinstance(target.value, ast.Name) and target.value.id in {"self", "cls"}
        class_ = class_around(module, target) if of_self else None
        return (class_, target.attr) if class_ is not None else None
    if isinstance(target, ast.Name):
        above = module.parents.get(assign)
        if isinstance(above, ast.ClassDef):
            return above, target.id
    return None
