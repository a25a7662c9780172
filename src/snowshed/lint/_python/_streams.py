"""Responses that are asked for as a stream, and left before they are read or closed.

Such a response of httpx holds a connection of the pool until it is read to its end or closed; that
nobody has it any more is not enough, as it is with requests and aiohttp. Which of them comes first
is told by the order of the source: an early `return` is what mostly comes too early.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._python._uses import uses_of

if TYPE_CHECKING:
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["Left", "left_streams"]

_CLIENTS = ("httpx.AsyncClient().", "httpx.Client().", "httpx2.AsyncClient().", "httpx2.Client().")
_ENDS = frozenset({"close", "aclose", "read", "aread"})
_PARTS = frozenset(
    {f"{a}iter_{kind}" for a in ("", "a") for kind in ("bytes", "raw", "text", "lines")}
)
_LOOKS = (ast.Compare, ast.If, ast.While, ast.BoolOp, ast.UnaryOp, ast.IfExp)


@dataclass(frozen=True, slots=True)
class Left:
    """A response that stays open.

    Attributes:
        module: where.
        call: what asks for it.
        name: the variable that has it.
        exit: the `return` that leaves it; None if nothing ever ends it.
    """

    module: Module
    call: ast.Call
    name: str
    exit: ast.Return | None


def left_streams(folder: Folder) -> Iterator[Left]:
    """Yield each response that is left open, on one way at least."""
    for module in folder.modules:
        for call in module.calls_named("send"):
            if not _is_stream(module, call):
                continue
            uses = uses_of(module, call)
            function = module.function_of(call)
            if uses.variable is None or any(_is_handed_on(module, each) for each in uses.reads):
                continue
            ends = [read.lineno for read in uses.reads if _ends(module, read)]
            exit_ = _exit_before(module, function, call, ends)
            if not ends or exit_ is not None:
                yield Left(module, call, uses.variable.id, exit_)


def _is_stream(module: Module, call: ast.Call) -> bool:
    """Tell whether ``call`` asks for a response that it does not read."""
    given = [each.value for each in call.keywords if each.arg == "stream"]
    if not any(isinstance(each, ast.Constant) and each.value is True for each in given):
        return False
    return module.origin(call.func).startswith(_CLIENTS)


def _ends(module: Module, read: ast.Name) -> bool:
    """Tell whether it is closed, or read to its end, where it is used."""
    above = module.parent(read)
    if isinstance(above, ast.Attribute):
        return above.attr in _ENDS or _is_read_in_loop(module, above)
    return isinstance(above, ast.withitem)


def _is_read_in_loop(module: Module, method: ast.Attribute) -> bool:
    called = module.parent(method)
    loop = module.parent(called) if called is not None else None
    return method.attr in _PARTS and called is getattr(loop, "iter", None)


def _is_handed_on(module: Module, read: ast.Name) -> bool:
    """Tell whether somebody else may read or close it. What its attributes are is data."""
    above = module.parent(read)
    if isinstance(above, ast.Attribute):
        return above.attr in _PARTS and not _is_read_in_loop(module, above)
    return not isinstance(above, (*_LOOKS, ast.withitem))


def _exit_before(
    module: Module, function: Function, call: ast.Call, ends: list[int]
) -> ast.Return | None:
    """Return the first `return` behind ``call`` that comes before all ``ends``."""
    for exit_ in function.exits:
        if not isinstance(exit_, ast.Return) or exit_.lineno <= call.lineno:
            continue
        last = exit_.end_lineno or exit_.lineno
        if not any(line <= last for line in ends) and not _is_ended_at_last(module, exit_, ends):
            return exit_
    return None


def _is_ended_at_last(module: Module, exit_: ast.Return, ends: list[int]) -> bool:
    """Tell whether a ``finally`` around ``exit_`` ends it."""
    for above in module.up(exit_):
        for stmt in getattr(above, "finalbody", ()):
            if any(stmt.lineno <= line <= (stmt.end_lineno or stmt.lineno) for line in ends):
                return True
    return False
