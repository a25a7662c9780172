"""Kinds of nodes that are asked about together, and what can be said of one without the others."""

from __future__ import annotations

import ast
from typing import TypeAlias

__all__ = [
    "COMPREHENSIONS",
    "FUNCTIONS",
    "LOOPS",
    "Assign",
    "Loop",
    "last_name",
    "targets_of",
    "written",
]

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LOOPS = (ast.For, ast.AsyncFor, ast.While, *COMPREHENSIONS)
Assign: TypeAlias = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr
Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Loop: TypeAlias = ast.For | ast.AsyncFor | ast.While | Comprehension


def last_name(node: ast.AST) -> str:
    """Return the last part of a name: ``c`` of ``a.b.c``; nothing for what has no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def targets_of(node: ast.AST | None) -> list[ast.expr]:
    """Return what ``node`` gives a value, if it is an assignment."""
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign | ast.NamedExpr) else []


def written(node: ast.AST) -> str:
    """Return ``node`` as code on one line; nothing for what is too deep to be written."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return ""
