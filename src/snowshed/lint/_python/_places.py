"""Where a node stands, in bytes and in lines."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit

if TYPE_CHECKING:
    from snowshed.lint._finding import Span
    from snowshed.lint._python._module import Module

__all__ = ["is_alone", "lines_after", "offsets", "span"]

_MARK = b"\xef\xbb\xbf"


def offsets(module: Module, node: ast.AST) -> tuple[int, int]:
    """Return the offset of the first byte of ``node``, and that behind its last."""
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    end_line, end_column = getattr(node, "end_lineno", line), getattr(node, "end_col_offset", 0)
    return _offset(module, line, column), _offset(module, end_line, end_column)


def _offset(module: Module, line: int, column: int) -> int:
    # The mark of UTF-8 at the start of a file is no column of its first line.
    mark = len(_MARK) if line == 1 and module.source.content.startswith(_MARK) else 0
    return module.source.start_of(line) + column + mark


def span(module: Module, node: ast.AST) -> Span:
    """Return where ``node`` stands; of one that has a body, its head."""
    start, end = offsets(module, node)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        name = node.name.encode()
        # Written otherwise, such as in another normal form of Unicode, it is not found.
        at = module.source.content.find(name, start, end)
        end = at + len(name) if at >= 0 else start
    elif (head := _head(node)) is not None:
        end = offsets(module, head)[1]
    elif isinstance(node, (ast.Try, ast.TryStar, ast.ExceptHandler)):
        end = start + len("except" if isinstance(node, ast.ExceptHandler) else "try")
    found = module.source.span(start, end)
    if found.line == 1 and module.source.content.startswith(_MARK):
        found = replace(found, column=found.column - 1)
        if found.end_line == 1:
            found = replace(found, end_column=found.end_column - 1)
    return found


def lines_after(module: Module, statement: ast.stmt, lines: Sequence[str]) -> Edit | None:
    """Return the edit that puts ``lines`` behind ``statement``; None if it is not alone there."""
    start, end = offsets(module, statement)
    content = module.source.content
    indent = content[module.source.start_of(statement.lineno) : start].removeprefix(_MARK)
    line_end = content.find(b"\n", end)
    line_end = line_end if line_end >= 0 else len(content)
    rest = content[end:line_end]
    if not is_alone(module, statement):
        return None
    ending = module.source.ending
    at = line_end - len(rest) + len(rest.rstrip(b"\r"))
    return Edit(at, at, "".join(f"{ending}{indent.decode()}{line}" for line in lines))


def is_alone(module: Module, statement: ast.stmt) -> bool:
    """Tell whether ``statement`` shares its first line and its last with nothing but a comment."""
    start, end = offsets(module, statement)
    content = module.source.content
    before = content[module.source.start_of(statement.lineno) : start].removeprefix(_MARK)
    line_end = content.find(b"\n", end)
    rest = content[end : line_end if line_end >= 0 else len(content)].strip()
    return not before.strip() and (rest == b"" or rest.startswith(b"#"))


def _head(node: ast.AST) -> ast.expr | None:
    """Return the last expression before the colon of a statement that has a body."""
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return node.items[-1].optional_vars or node.items[-1].context_expr
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return node.iter
    if isinstance(node, (ast.While, ast.If)):
        return node.test
    return node.type if isinstance(node, ast.ExceptHandler) else None
