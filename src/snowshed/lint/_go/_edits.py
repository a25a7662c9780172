"""Changes of a Go file that several fixes are made of: an import, a line behind a statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit
from snowshed.lint._go import _nodes as n

if TYPE_CHECKING:
    from collections.abc import Collection

    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = [
    "free_name",
    "indent_of",
    "line_after",
    "line_before",
    "line_of",
    "lines_before",
    "with_import",
    "without_line",
]

_LISTED = re.compile(rb"^import[ \t]*\([ \t]*\r?\n", re.MULTILINE)
_ALONE = re.compile(rb"^import[ \t]+(?:\w+[ \t]+)?\"[^\"\n]+\"[ \t]*\r?\n", re.MULTILINE)
_COMMENT = re.compile(rb"[ \t]*//")
_NAMED = re.compile(
    rb"[ \t]*(?:[\w.]+[ \t]+)?(?:\"([^\"\n]+)\"|`([^`\n]+)`)[ \t]*(?://[^\n]*)?\r?\n"
)


def with_import(function: Function, path: str) -> tuple[str, tuple[Edit, ...]] | None:
    """Return the name of the package ``path`` in ``function``, and what imports it if nothing does.

    None if that cannot be done by an edit that leaves the rest as it is, or if the name is that of
    something else there.
    """
    file = function.file
    for name, imported in file.imports.items():
        if imported == path:
            is_other = name in {"_", "."} or _declares(function, name)
            return None if is_other else (name, ())
    name = path.rpartition("/")[2]
    if name in file.imports or _declares(function, name) or _is_known(file.package, name):
        return None
    content = file.source.content
    listed = _LISTED.search(content)
    if listed is not None:
        at = _in_order(content, listed.end(), path)
        return name, (Edit(at, at, f'\t"{path}"{file.source.ending}'),)
    alone = _ALONE.search(content)
    if alone is None:
        return None
    return name, (Edit(alone.end(), alone.end(), f'import "{path}"{file.source.ending}'),)


def _declares(function: Function, name: str) -> bool:
    """Tell whether ``function``, or one that it stands in, has something else called ``name``."""
    at: Function | None = function
    while at is not None:
        if any(each.name == name for each in at.variables):
            return True
        at = at.outer
    return re.search(rf"\b(?:const|type)\s+{name}\b".encode(), function.outermost.code) is not None


def _is_known(package: Package, name: str) -> bool:
    """Tell whether ``package`` itself has something called ``name``, in whichever file."""
    kept = package.kept.get(f"known {name}")
    if not isinstance(kept, bool):
        declared = re.compile(rf"^(?:func|type|var|const)[ \t]+{name}\b".encode(), re.MULTILINE)
        contents = (*(each.source.content for each in package.files), *package.unread)
        kept = name in package.variables or any(map(declared.search, contents))
        package.kept[f"known {name}"] = kept
    return kept


def _in_order(content: bytes, at: int, path: str) -> int:
    """Return where ``path`` belongs in the imports from ``at`` on, as ``gofmt`` sorts them."""
    while (named := _NAMED.match(content, at)) is not None:
        if (named[1] or named[2]).decode() > path:
            break
        at = named.end()
    return at


def indent_of(node: n.Node) -> str:
    """Return what the line of ``node`` begins with."""
    source = node.function.file.source
    start = source.start_of(node.line)
    found = re.match(rb"[ \t]*", source.content[start : node.start])
    return found[0].decode() if found is not None else ""


def line_after(node: n.Node, text: str) -> Edit | None:
    """Return what puts a line behind the statement ``node``; None if it has not its own lines."""
    source = node.function.file.source
    content = source.content
    end = content.find(b"\n", node.end)
    end = len(content) if end < 0 else end
    rest = content[node.end : end].strip()
    if not _is_first(node) or (rest and not rest.startswith(b"//")):
        return None
    end -= content.endswith(b"\r", 0, end)
    return Edit(end, end, f"{source.ending}{indent_of(node)}{text}")


def without_line(node: n.Node) -> Edit | None:
    """Return what takes the statement ``node`` away with its line; None if it shares that."""
    content = node.function.file.source.content
    end = content.find(b"\n", node.end)
    if end < 0 or not _is_first(node) or content[node.end : end].strip():
        return None
    return Edit(node.function.file.source.start_of(node.line), end + 1, "")


def line_of(node: n.Node) -> tuple[str, Edit] | None:
    """Return the statement ``node`` with the comment behind it, and what takes its line away.

    None if it shares that line with other statements.
    """
    source = node.function.file.source
    end = source.content.find(b"\n", node.end)
    rest = source.content[node.end : end].strip()
    if end < 0 or not _is_first(node) or (rest and not rest.startswith(b"//")):
        return None
    text = source.text(node.start, end).rstrip()
    return text, Edit(source.start_of(node.line), end + 1, "")


def line_before(node: n.Node, text: str) -> Edit | None:
    """Return what puts a line before the statement ``node``; None if others stand before it."""
    ending = node.function.file.source.ending
    text = f"{text}{ending}{indent_of(node)}"
    return Edit(node.start, node.start, text) if _is_first(node) else None


def lines_before(node: n.Node, *lines: str) -> Edit | None:
    """Return what puts lines before the statement ``node``, and the comment that stands above.

    None if others stand before it in its line.
    """
    inner = node.statement if isinstance(node, n.Labeled) else node
    if inner is None or not _is_first(node):
        return None
    source = node.function.file.source
    line = node.line
    while line > 1 and _COMMENT.match(source.content, source.start_of(line - 1)):
        line -= 1
    at = source.start_of(line)
    # The line of a label stands further out than those around it.
    indent, ending = indent_of(inner), source.ending
    return Edit(at, at, "".join(f"{indent}{each}{ending}" for each in lines))


def free_name(node: n.Node, name: str, taken: Collection[str] = ()) -> str:
    """Return ``name``, with a number if it stands in the function of ``node``; empty: no end of it.

    Args:
        node: where it is needed.
        name: the name that would be best.
        taken: what it must not be, besides.
    """
    code = node.function.outermost.code
    for each in (name, *(f"{name}{number}" for number in range(2, 10))):
        if each not in taken and re.search(rf"\b{each}\b".encode(), code) is None:
            return each
    return ""


def _is_first(node: n.Node) -> bool:
    source = node.function.file.source
    return not source.content[source.start_of(node.line) : node.start].strip()
