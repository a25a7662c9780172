"""Changes of a Go file that several fixes are made of: an import, a line behind a statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit

if TYPE_CHECKING:
    from snowshed.lint._go import _nodes as n
    from snowshed.lint._go._package import File

__all__ = ["indent_of", "line_after", "line_before", "with_import"]

_LISTED = re.compile(rb"^import[ \t]*\([ \t]*\n", re.MULTILINE)
_ALONE = re.compile(rb"^import[ \t]+(?:\w+[ \t]+)?\"[^\"\n]+\"[ \t]*\n", re.MULTILINE)


def with_import(file: File, path: str) -> tuple[str, tuple[Edit, ...]] | None:
    """Return the name of the package ``path`` in ``file``, and what imports it where nothing does.

    None if that cannot be done by an edit that leaves the rest as it is.
    """
    for name, imported in file.imports.items():
        if imported == path:
            return None if name in {"_", "."} else (name, ())
    name = path.rpartition("/")[2]
    if name in file.imports or name in file.package.variables:
        return None
    content = file.source.content
    listed = _LISTED.search(content)
    if listed is not None:
        return name, (Edit(listed.end(), listed.end(), f'\t"{path}"\n'),)
    alone = _ALONE.search(content)
    return (
        None if alone is None else (name, (Edit(alone.end(), alone.end(), f'import "{path}"\n'),))
    )


def indent_of(node: n.Node) -> str:
    """Return what the line of ``node`` begins with."""
    source = node.function.file.source
    start = source.start_of(node.line)
    found = re.match(rb"[ \t]*", source.content[start : node.start])
    return found[0].decode() if found is not None else ""


def line_after(node: n.Node, text: str) -> Edit | None:
    """Return what puts a line behind the statement ``node``; None if it has not its own lines."""
    content = node.function.file.source.content
    end = content.find(b"\n", node.end)
    end = len(content) if end < 0 else end
    rest = content[node.end : end].strip()
    if not _is_first(node) or (rest and not rest.startswith(b"//")):
        return None
    return Edit(end, end, f"\n{indent_of(node)}{text}")


def line_before(node: n.Node, text: str) -> Edit | None:
    """Return what puts a line before the statement ``node``; None if others stand before it."""
    return Edit(node.start, node.start, f"{text}\n{indent_of(node)}") if _is_first(node) else None


def _is_first(node: n.Node) -> bool:
    source = node.function.file.source
    return not source.content[source.start_of(node.line) : node.start].strip()
