"""Loggers of Go that keep lines in memory, and what has them written before the process ends.

zap writes at once by default and is none of them; it is one with a ``BufferedWriteSyncer``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._handlers import imported, unversioned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["unflushed"]

# By the path of the package: what makes one, and the names of what empties it.
_KNOWN = {
    "go.uber.org/zap/zapcore": ("BufferedWriteSyncer{}", rb"\.(?:Stop|Sync)\b"),
    "github.com/rs/zerolog/diode": ("NewWriter", rb"\.Close\b"),
    "github.com/getsentry/sentry-go": ("Init", rb"\.Flush\b"),
}


def unflushed(package: Package) -> Iterator[Finding]:
    """Yield the loggers whose last lines are lost: what SN508 says of Go."""
    for file in package.files:
        known = {_KNOWN[path] for path in map(unversioned, file.imports.values()) if path in _KNOWN}
        for makes, empties in known:
            if any(re.search(empties, each.source.content) for each in package.files):
                continue
            name = makes.removesuffix("{}").encode()
            for function in package.functions:
                if function.file is file and name in function.code:
                    yield from _made(function, makes, empties)


def _made(function: Function, makes: str, empties: bytes) -> Iterator[Finding]:
    verb = "Stop" if b"Stop" in empties else "Close" if b"Close" in empties else "Flush"
    for part in function.family():
        calls: list[n.Call | n.Composite] = [*part.all(n.Call), *part.all(n.Composite)]
        for each in calls:
            if _is_made(each, makes):
                what = each.path if isinstance(each, n.Call) else each.type_
                message = (
                    f"`{what}` writes later, and nothing here calls `{verb}`: what it holds is lost"
                    " when the process ends"
                )
                yield part.file.finding("SN508", each, message, tier=Tier.ADVICE, confidence=0.6)


def _is_made(node: n.Call | n.Composite, makes: str) -> bool:
    file = node.function.file
    if isinstance(node, n.Composite):
        path, name = imported(file, node.type_)
        return path in _KNOWN and f"{name}{{}}" == makes
    called = node.called
    if not isinstance(called, n.Selector) or not isinstance(called.operand, n.Name):
        return False
    path = unversioned(file.imports.get(called.operand.name, ""))
    return called.operand.variable is None and path in _KNOWN and called.field_ == makes
