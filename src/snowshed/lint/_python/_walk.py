"""One pass over the tree of a module: what rules begin with, and what each node stands in.

A tree of Python is slow to walk, and walking it is most of what a rule costs. So it is walked once,
here, and rules get indexes. A parent is kept in a dictionary, and not on the node: a tree that has
no circles is freed as soon as nobody has it, without the collector of garbage.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import Any

from snowshed.lint._python._function import Function
from snowshed.lint._python._nodes import FUNCTIONS, LOOPS, last_name

__all__ = ["Walked", "walk"]

# Fields that hold no node, or nothing that runs.
_WITHOUT = frozenset(
    {
        "annotation",
        "arg",
        "asname",
        "attr",
        "conversion",
        "ctx",
        "id",
        "is_async",
        "kind",
        "kwd_attrs",
        "level",
        "module",
        "name",
        "names",
        "op",
        "ops",
        "rest",
        "returns",
        "simple",
        "str",
        "tag",
        "type_comment",
        "type_ignores",
        "type_params",
    }
)
_LEAVES = frozenset(
    {type(None), str, ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue}
    | {ast.MatchSingleton, ast.MatchStar}
)


class _Fields(dict[type, tuple[str, ...]]):
    """The fields of a kind of node that hold others, the last one first."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        names = reversed(getattr(kind, "_fields", ()))
        self[kind] = tuple(name for name in names if name not in _WITHOUT)
        return self[kind]


_FIELDS = _Fields(
    {
        ast.arguments: ("kw_defaults", "defaults"),
        # What a function runs is walked when its turn comes.
        ast.FunctionDef: ("args", "decorator_list"),
        ast.AsyncFunctionDef: ("args", "decorator_list"),
        ast.Lambda: ("args",),
        ast.MatchSingleton: (),
    }
)


class Walked:
    """What was seen on the way.

    Attributes:
        parents: the node that a node stands in.
        functions: each function, the module first.
        calls: each call, by the last part of what it calls.
        imports: each import, wherever it stands.
        classes: each class.
        parameters: the names of all parameters.
    """

    def __init__(self, top: Function) -> None:
        self.parents: dict[ast.AST, ast.AST] = {}
        self.functions = [top]
        self.calls: defaultdict[str, list[ast.Call]] = defaultdict(list)
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.classes: list[ast.ClassDef] = []
        self.parameters: set[str] = set()


def walk(top: Function) -> Walked:
    """Look at each node of the module that ``top`` is the outermost function of."""
    walked = Walked(top)
    # Functions that are found are put at its end.
    for function in walked.functions:
        _walk_function(function, walked)
    walked.functions.sort(key=lambda each: getattr(each.node, "lineno", 0))
    return walked


def _walk_function(function: Function, walked: Walked) -> None:
    inner: list[Any] = []
    body = function.node.body
    stack: list[ast.AST] = [*reversed(body)] if isinstance(body, list) else [body]
    walked.parents.update(dict.fromkeys(stack, function.node))
    _walk_nodes(stack, walked.parents, _kept(function, walked, inner))
    for call in function.calls:
        walked.calls[last_name(call.func)].append(call)
    for node in inner:
        found = Function(node, function.module, function)
        walked.functions.append(found)
        walked.parameters |= found.parameters


def _kept(function: Function, walked: Walked, inner: list[Any]) -> dict[type, list[Any]]:
    """Return which list each kind of node goes to."""
    loops, withs, exits = function.loops, function.withs, function.exits
    assigns, tries, imports = function.assigns, function.tries, walked.imports
    return {
        ast.Call: function.calls,
        ast.Await: function.awaits,
        **dict.fromkeys(LOOPS, loops),
        **dict.fromkeys(FUNCTIONS, inner),
        ast.With: withs,
        ast.AsyncWith: withs,
        ast.Assign: assigns,
        ast.AnnAssign: assigns,
        ast.AugAssign: assigns,
        ast.NamedExpr: assigns,
        ast.Return: exits,
        ast.Yield: exits,
        ast.YieldFrom: exits,
        ast.Try: tries,
        ast.TryStar: tries,
        ast.Global: function.declares,
        ast.Nonlocal: function.declares,
        ast.Import: imports,
        ast.ImportFrom: imports,
        ast.ClassDef: walked.classes,
    }


def _walk_nodes(
    stack: list[ast.AST], parents: dict[ast.AST, ast.AST], kept: dict[type, list[Any]]
) -> None:
    """Walk ``stack`` and what is below it, in the order of the source: where the time goes."""
    fields, leaves, pop, push = _FIELDS, _LEAVES, stack.pop, stack.append
    while stack:
        node = pop()
        kind = node.__class__
        if kind in kept:
            kept[kind].append(node)
        for field in fields[kind]:
            value = getattr(node, field)
            if value.__class__ is list:
                for child in reversed(value):
                    if child.__class__ not in leaves:
                        parents[child] = node
                        push(child)
                    elif child is not None:
                        parents[child] = node
            elif value.__class__ not in leaves:
                parents[value] = node
                push(value)
            elif value is not None:
                parents[value] = node
