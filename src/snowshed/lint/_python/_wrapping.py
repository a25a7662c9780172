"""Puts statements into the body of a new one: each of their lines is indented by one step."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit
from snowshed.lint._python._places import is_alone

if TYPE_CHECKING:
    from snowshed.lint._python._module import Module

__all__ = ["indented", "with_results"]


def indented(module: Module, head: ast.stmt, uses: Iterable[ast.AST]) -> list[Edit] | None:
    """Return the edits that make what follows ``head`` its body, up to the last one of ``uses``.

    It is None where that cannot be said by moving lines: ``uses`` stand elsewhere, too, or there
    are none; a statement shares its line with another; a text goes over several lines, and would be
    another one.
    """
    following = _following(module, head)
    within = [_index(module, following, use) for use in uses]
    if not within or min(within) < 0:
        return None
    moved = following[: max(within) + 1]
    if not all(is_alone(module, each) for each in (head, *moved)) or any(map(_has_lines, moved)):
        return None
    content, start_of = module.source.content, module.source.start_of
    step = "\t" if content.startswith(b"\t", start_of(head.lineno)) else " " * 4
    last = moved[-1].end_lineno or moved[-1].lineno
    starts = map(start_of, range((head.end_lineno or head.lineno) + 1, last + 1))
    return [Edit(at, at, step) for at in starts if not content.startswith((b"\n", b"\r"), at)]


def with_results(module: Module, uses: Iterable[ast.Name]) -> list[ast.Name] | None:
    """Return ``uses``, and where what they are made into is used: a response is read later.

    It is None where what they are made into is kept by something else than a local variable.
    """
    found = [*uses]
    names = {each.id for each in found}
    for use in found:
        statement = module.statement_of(use)
        if not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if not isinstance(target, ast.Name):
                return None
            if target.id not in names:
                names.add(target.id)
                found += module.function_of(use).reads(target.id)
    return found


def _following(module: Module, head: ast.stmt) -> list[ast.stmt]:
    above = module.parent(head)
    for field in ("body", "orelse", "finalbody"):
        block = getattr(above, field, None)
        if isinstance(block, list) and head in block:
            return block[block.index(head) + 1 :]
    return []


def _index(module: Module, statements: list[ast.stmt], node: ast.AST) -> int:
    """Return in which of ``statements`` a node stands; -1 if in none."""
    within = (each for each in (node, *module.up(node)) if each in statements)
    found = next(within, None)
    return statements.index(found) if isinstance(found, ast.stmt) else -1


def _has_lines(statement: ast.stmt) -> bool:
    """Tell whether a text in it goes over several lines."""
    return any(
        isinstance(each, (ast.Constant, ast.JoinedStr)) and each.lineno != each.end_lineno
        for each in ast.walk(statement)
    )
