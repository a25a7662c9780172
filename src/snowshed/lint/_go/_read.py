"""From the files of a directory to packages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from snowshed.lint._go._expressions import written
from snowshed.lint._go._package import Package
from snowshed.lint._go._parse import parse, quiet_bodies
from snowshed.lint._go._prefilter import places_of

if TYPE_CHECKING:
    import tree_sitter

    from snowshed.lint._source import Source

__all__ = ["read"]


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
        places = places_of(source.content)
        quiet = [*quiet_bodies(source.content, places)]
        root = parse(source.content, without=quiet)
        name = _clause(root)
        package = packages.setdefault(name, Package(name, go))
        package.add(source, root, places, quiet)
    for package in packages.values():
        # Asked for now, so that what is wrong with their bodies is among the problems.
        _ = package.interesting
        package.unread = unread
    return [*packages.values()]


def _clause(root: tree_sitter.Node) -> str:
    for node in root.named_children:
        if node.type == "package_clause":
            return written(node.named_children[0])
    return ""
