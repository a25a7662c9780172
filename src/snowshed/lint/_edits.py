"""Edits of one file: which of them go together, and whether what comes out still parses."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tree_sitter

    from snowshed.lint._finding import Edit, Fix

__all__ = ["applied", "breaks", "together"]


def together(fixes: Iterable[Fix], size: int) -> list[Fix]:
    """Return those of ``fixes`` that can be made at once: of two that overlap the first.

    Fixes may share an edit, such as an import that both need; it is made once.

    Args:
        fixes: the fixes, the ones that matter most first.
        size: bytes of the file; a fix that lies beyond is none of this file.
    """
    chosen: list[Fix] = []
    taken: set[Edit] = set()
    for fix in fixes:
        new = set(fix.edits) - taken
        if not fix.edits or any(not 0 <= each.start <= each.end <= size for each in fix.edits):
            continue
        if not any(_overlap(edit, other) for edit in new for other in (taken | new) - {edit}):
            chosen.append(fix)
            taken |= new
    return chosen


def _overlap(one: Edit, other: Edit) -> bool:
    if one.start == one.end and other.start == other.end:
        # Two that put something in at the same place: nobody can say which comes first.
        return one.start == other.start
    return one.start < other.end and other.start < one.end


def applied(content: bytes, fixes: Sequence[Fix]) -> bytes:
    """Return ``content`` after ``fixes``, none of which overlap, with its own ends of lines."""
    crlf = content[: content.find(b"\n") + 1].endswith(b"\r\n")
    edits = sorted({edit for fix in fixes for edit in fix.edits}, key=_place)
    parts: list[bytes] = []
    at = 0
    for edit in edits:
        text = edit.text.encode()
        parts += (content[at : edit.start], _with_crlf(text) if crlf else text)
        at = edit.end
    return b"".join((*parts, content[at:]))


def _place(edit: Edit) -> tuple[int, int]:
    return edit.start, edit.end


def _with_crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def breaks(path: str, before: bytes, after: bytes) -> bool:
    """Tell whether ``after`` does not parse where ``before`` does; also if neither does."""
    if path.endswith(".go"):
        return before != after and _errors_of_go(after) > _errors_of_go(before)
    return not _parses(after)


def _parses(content: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _errors_of_go(content: bytes) -> int:
    import tree_sitter  # noqa: PLC0415 - an optional extra
    import tree_sitter_go  # noqa: PLC0415

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_go.language()))
    todo: list[tree_sitter.Node] = [parser.parse(content).root_node]
    count = 0
    while todo:
        node = todo.pop()
        if node.has_error:
            count += node.is_error or node.is_missing
            todo += node.children
    return count
