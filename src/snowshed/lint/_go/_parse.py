"""The parser's tree of a file, without what nobody asks for.

In files that matter three of four functions do not. To parse one takes many times as long as to see
that it has none of the words that a rule begins from, so it is parsed without its body: by its head
it is known, and who asks for the body all the same has it parsed then.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tree_sitter

__all__ = ["errors_in", "parse", "parse_part", "quiet_bodies"]

# Of a type it may stay: the grammar knows that, and no other call has one as its argument.
_NEW = re.compile(rb"\bnew\((?!\s*(?:[\[*]|(?:map|chan|struct|func|interface)\b))")


_OPENS = ord("{")


@cache
def _language() -> tree_sitter.Language:
    import tree_sitter  # noqa: PLC0415 - an optional extra
    import tree_sitter_go  # noqa: PLC0415

    return tree_sitter.Language(tree_sitter_go.language())


def _parser() -> tree_sitter.Parser:
    import tree_sitter  # noqa: PLC0415

    return tree_sitter.Parser(_language())


def parse(content: bytes, without: Sequence[tuple[int, int]] = ()) -> tree_sitter.Node:
    """Return the tree of ``content``, as if there were spaces in the ranges ``without``."""
    parts, at = [], 0
    for start, end in without:
        parts += [content[at:start], b" " * (end - start)]
        at = end
    return _understood(b"".join([*parts, content[at:]]), _parser())


def parse_part(content: bytes, start: int, end: int, row: int) -> tree_sitter.Node:
    """Return the tree of what stands from byte ``start``, in line ``row`` from 0, to ``end``."""
    import tree_sitter  # noqa: PLC0415

    first = tree_sitter.Point(row, 0)
    last = tree_sitter.Point(row + content.count(b"\n", start, end), 1)
    parser = _parser()
    parser.included_ranges = [tree_sitter.Range(first, last, start, end)]
    return _understood(content, parser)


def _understood(content: bytes, parser: tree_sitter.Parser) -> tree_sitter.Node:
    """Return the tree of ``content``, which may have ``new`` of a value, as Go has from 1.26 on.

    The grammar does not know that. Where it stumbles the name is changed to another of the same
    length: to the rules both are calls.
    """
    root = parser.parse(content).root_node
    if not root.has_error or _NEW.search(content) is None:
        return root
    lines = content.split(b"\n")
    for row in {error.start_point[0] for error in errors_in(root)}:
        lines[row] = _NEW.sub(b"NEW(", lines[row])
    again = parser.parse(b"\n".join(lines)).root_node
    return again if sum(1 for _ in errors_in(again)) < sum(1 for _ in errors_in(root)) else root


def errors_in(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yield where ``node`` is broken."""
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if at.type == "ERROR" or at.is_missing:
            yield at
        else:
            waiting += [child for child in reversed(at.children) if child.has_error]


def quiet_bodies(content: bytes, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where the bodies of functions stand in which none of ``places`` is.

    Only what is sure to be a whole body: of a function as gofmt writes it, from a line that ends
    with a brace to the next that is nothing but one, with as many opened in it as closed, and
    without what may hide a brace over several lines.
    """
    start = content.find(b"\nfunc ")
    while start >= 0:
        opened = content.find(b"\n", start + 1)
        if content[opened - 1] == _OPENS:
            closed = content.find(b"\n}\n", opened)
            if closed < 0:
                return
            if _has_none(places, start, closed) and _is_whole(content[opened:closed]):
                yield opened, closed
            opened = closed
        start = content.find(b"\nfunc ", opened)


def _has_none(places: Sequence[int], start: int, end: int) -> bool:
    at = bisect_left(places, start)
    return at == len(places) or places[at] >= end


def _is_whole(body: bytes) -> bool:
    return b"`" not in body and b"/*" not in body and body.count(b"{") == body.count(b"}")
