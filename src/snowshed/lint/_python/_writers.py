"""Writers of connections that one way out of a function leaves open, or all of them.

A connection of asyncio lives until its writer is closed. That the other side has gone ends the
reading and nothing else: the socket stays, in CLOSE_WAIT, for as long as somebody has the writer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.lint._python._names import class_around
from snowshed.lint._python._nodes import last_name, written
from snowshed.lint._python._ways import Ways

if TYPE_CHECKING:
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["Left", "Writer", "left_writers"]

_OPENS = ("asyncio.open_connection", "asyncio.open_unix_connection")
_SERVES = ("asyncio.start_server", "asyncio.start_unix_server")
# What these return is what they were given.
_THROUGH = frozenset({"wait_for", "shield"})
_ENDS = frozenset({"close", "abort", "aclose", "wait_closed"})
# Who gives it to these has it still.
_LOOKS = frozenset({"discard", "remove", "pop", "index", "get", "isinstance", "print", "id"})
_LOOKS |= frozenset(
    {"repr", "str", "len", "bool", "debug", "info", "warning", "error", "exception"}
)
_KEEPS = frozenset({"add", "append", "setdefault", "insert", "appendleft"})
_WORD = re.compile(r"\w+")
_LOOKED_AT = (ast.Compare, ast.If, ast.While, ast.BoolOp, ast.UnaryOp, ast.FormattedValue, ast.Expr)


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer, and who has it.

    Attributes:
        function: who has it.
        made: the call that opens the connection, or the parameter of a handler.
        name: the variable.
        is_given: whether it is a parameter: of the function that a server calls.
    """

    function: Function
    made: ast.AST
    name: str
    is_given: bool


@dataclass(frozen=True, slots=True)
class Left:
    """A writer that stays open.

    Attributes:
        writer: which.
        exit: the statement at which the function is left without closing it; None if it never
            closes it.
        ends: where it is closed, on other ways.
        is_kept: whether a collection has it, too.
    """

    writer: Writer
    exit: ast.stmt | None
    ends: tuple[ast.Name, ...]
    is_kept: bool


class _Closers:
    """The functions of a folder that close something."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    @cached_property
    def _by_word(self) -> dict[str, list[Function]]:
        """Two of them for each word that they are written with, since one may be who asks."""
        found: dict[str, list[Function]] = {}
        for function in self._folder.functions():
            if function.is_top or not function.called & _ENDS:
                continue
            for word in {*_WORD.findall(written(function.node))}:
                known = found.setdefault(word, [])
                if len(known) < 2:
                    known.append(function)
        return found

    def may_close(self, function: Function, keeper: ast.expr) -> bool:
        """Tell whether one beside ``function`` has the collection, and closes something."""
        name = last_name(keeper)
        return not name or any(each is not function for each in self._by_word.get(name, ()))


def left_writers(folder: Folder) -> Iterator[Left]:
    """Yield each writer that is left open, on one way out of its function at least."""
    closers = _Closers(folder)
    for module in folder.modules:
        for writer in (*_opened(module), *_served(folder, module)):
            left = _left(folder, closers, writer)
            if left is not None and not _is_told_as_client(module, left):
                yield left


def _is_told_as_client(module: Module, left: Left) -> bool:
    """Tell whether another rule says of it that it is never closed."""
    above = module.parent(left.writer.made)
    return left.exit is None and isinstance(above, ast.Await)


def _opened(module: Module) -> Iterator[Writer]:
    """Yield the writer of each `reader, writer = await asyncio.open_connection(...)`."""
    for call in module.calls_of(*_OPENS):
        function = module.function_of(call)
        node: ast.AST = call
        above = module.parent(call)
        while isinstance(above, ast.Await) or (
            isinstance(above, ast.Call) and last_name(above.func) in _THROUGH
        ):
            node, above = above, module.parent(above)
        target = above.targets[0] if isinstance(above, ast.Assign) else None
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
        if isinstance(node, ast.Await) and len(parts) == 2 and isinstance(parts[1], ast.Name):
            yield Writer(function, call, parts[1].id, is_given=False)


def _served(folder: Folder, module: Module) -> Iterator[Writer]:
    """Yield the writer that each handler of a server gets."""
    seen = set()
    for call in module.calls_of(*_SERVES):
        named = [each.value for each in call.keywords if each.arg == "client_connected_cb"]
        handler = next(iter((*call.args, *named)), None)
        function = folder.function_at(module, handler) if handler is not None else None
        if function is None or function in seen:
            continue
        seen.add(function)
        of_self = function.class_ is not None and class_around(module, call) is not None
        parameters = function.arguments[1:] if of_self else function.arguments
        if len(parameters) >= 2:
            yield Writer(function, parameters[1], parameters[1].arg, is_given=True)


def _left(folder: Folder, closers: _Closers, writer: Writer) -> Left | None:
    function, name = writer.function, writer.name
    body = _body(function)
    if not body or function.is_main or function.is_top or name in function.shared:
        return None
    bound = [each for each in function.bindings.get(name, ()) if not _is_none(each)]
    uses = [(each, _use(folder, function, each)) for each in function.reads(name)]
    if len(bound) != 1 or any(use == "handed on" for _, use in uses):
        return None
    ends = [read for read, use in uses if use == "ended"]
    keepers = [_keeper(function.module, read) for read, use in uses if use == "kept"]
    if keepers and not ends:
        # Who keeps it and never closes it has told somebody to.
        return None
    ways = Ways(
        lambda node: node is writer.made,
        lambda node: node in ends,
        lambda test: _asks_whether_closed(test, name),
    )
    exits = ways.left_open(body, from_start=writer.is_given)
    if not exits or any(closers.may_close(function, each) for each in keepers):
        return None
    return Left(writer, exits[0] if ends else None, tuple(ends), bool(keepers))


def _body(function: Function) -> list[ast.stmt]:
    """Return what ``function`` does; nothing of a generator, which is left where it is let go."""
    body = getattr(function.node, "body", [])
    yields = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in function.exits)
    return body if isinstance(body, list) and not yields else []


def _is_none(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _asks_whether_closed(test: ast.expr, name: str) -> bool:
    """Tell whether ``test`` is `writer.is_closing()`, or the same of its transport."""
    asked = test.func if isinstance(test, ast.Call) else None
    if not isinstance(asked, ast.Attribute) or asked.attr != "is_closing":
        return False
    return written(asked.value) in {name, f"{name}.transport"}


def _use(folder: Folder, function: Function, read: ast.Name) -> str:
    """Return what is done with it at one place: ended, kept, handed on or only used."""
    module = function.module
    above = module.parent(read)
    if module.function_of(read) is not function:
        # A function inside has it for as long as somebody has that function.
        return "handed on"
    if isinstance(above, ast.Attribute):
        return _part(module, above)
    if isinstance(above, ast.Call) and read in above.args:
        return _argument(folder, module, above, read)
    if isinstance(above, ast.Subscript) and read is above.slice:
        return "used" if isinstance(above.ctx, (ast.Load, ast.Del)) else "handed on"
    if isinstance(above, ast.Assign) and isinstance(above.targets[0], ast.Subscript):
        return "kept"
    return "used" if isinstance(above, _LOOKED_AT) else "handed on"


def _part(module: Module, attribute: ast.Attribute) -> str:
    """Return the same for an attribute of it, such as ``writer.transport.abort``."""
    above = module.parent(attribute)
    if attribute.attr in _ENDS:
        # Called here, or given to somebody who calls it.
        return "ended"
    if attribute.attr != "transport":
        return "used"
    if isinstance(above, ast.Attribute):
        return "ended" if above.attr in _ENDS else "used"
    return "handed on"


def _argument(folder: Folder, module: Module, call: ast.Call, read: ast.Name) -> str:
    name = last_name(call.func)
    if name in _LOOKS:
        return "used"
    if name in _KEEPS and isinstance(call.func, ast.Attribute):
        return "kept"
    helper = folder.helper(module, call)
    parameters = _parameters(helper, call) if helper is not None else []
    at = call.args.index(read)
    if helper is None or at >= len(parameters) or not module.is_awaited(call):
        return "handed on"
    uses = {_in_helper(helper, each) for each in helper.reads(parameters[at].arg)}
    if "handed on" in uses:
        return "handed on"
    return "ended" if "ended" in uses else "used"


def _parameters(helper: Function, call: ast.Call) -> list[ast.arg]:
    is_method = helper.class_ is not None and isinstance(call.func, ast.Attribute)
    return helper.arguments[1:] if is_method else helper.arguments


def _in_helper(helper: Function, read: ast.Name) -> str:
    module = helper.module
    above = module.parent(read)
    if module.function_of(read) is not helper:
        return "handed on"
    if isinstance(above, ast.Attribute):
        return _part(module, above)
    return "used" if isinstance(above, _LOOKED_AT) else "handed on"


def _keeper(module: Module, read: ast.Name) -> ast.expr:
    """Return the collection that gets it."""
    above = module.parent(read)
    if isinstance(above, ast.Assign) and isinstance(above.targets[0], ast.Subscript):
        return above.targets[0].value
    if isinstance(above, ast.Call) and isinstance(above.func, ast.Attribute):
        return above.func.value
    return read
