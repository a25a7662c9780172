"""From the files of a directory to packages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from snowshed.lint._go._expressions import written
from snowshed.lint._go._package import Package, errors_in

if TYPE_CHECKING:
    import tree_sitter

    from snowshed.lint._source import Source

__all__ = ["read"]

# Of a type it may stay: the grammar knows that, and no other call has one as its argument.
_NEW = re.compile(rb"\bnew\((?!\s*(?:[\[*]|(?:map|chan|struct|func|interface)\b))")


@cache
def _parser() -> tree_sitter.Parser:
    import tree_sitter  # noqa: PLC0415 - an optional extra
    import tree_sitter_go  # noqa: PLC0415

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_go.language()))


def read(
    sources: Sequence[Source],
    *,
    go: tuple[int, int] | None = None,
    unread: Sequence[bytes] = (),
) -> list[Package]:
    """Return the packages of one directory: mostly one, and one of its tests.

    Args:
        sources: its files.
        go: the version that go.mod tells; None: the newest.
        unread: what other files of the directory have, which do not matter by themselves.

    Cost: parsing, which is O(bytes), and O(nodes) of the functions that may matter.
    """
    packages: dict[str, Package] = {}
    for source in sources:
        root = _root(source.content)
        name = _clause(root)
        package = packages.setdefault(name, Package(name, go))
        package.add(source, root)
    for package in packages.values():
        # Asked for now, so that what is wrong with their bodies is among the problems.
        _ = package.interesting
        package.unread = unread
    return [*packages.values()]


def _root(content: bytes) -> tree_sitter.Node:
    """Return the tree of ``content``.

    The grammar does not know ``new`` of a value, which Go has from 1.26 on. Where it stumbles the
    name is changed to another of the same length: to the rules both are calls.
    """
    root = _parser().parse(content).root_node
    if not root.has_error or _NEW.search(content) is None:
        return root
    lines = content.split(b"\n")
    for row in {error.start_point[0] for error in errors_in(root)}:
        lines[row] = _NEW.sub(b"NEW(", lines[row])
    again = _parser().parse(b"\n".join(lines)).root_node
    return again if sum(1 for _ in errors_in(again)) < sum(1 for _ in errors_in(root)) else root


def _clause(root: tree_sitter.Node) -> str:
    for node in root.named_children:
        if node.type == "package_clause":
            return written(node.named_children[0])
    return ""
