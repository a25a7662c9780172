"""Events and futures of Python: who makes them, who waits for them, and who ends the wait."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._python._locks import ends_by_itself
from snowshed.lint._python._nodes import last_name

if TYPE_CHECKING:
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["FEEDS", "is_made", "made_in", "use_of", "waits_in"]

_EVENTS = frozenset(f"{each}.Event" for each in ("asyncio", "threading", "anyio", "trio"))
_FUTURES = frozenset({"asyncio.Future", "asyncio.futures.Future"})
FEEDS = frozenset({"set", "set_result", "set_exception", "cancel"})
_LOOKS = frozenset(
    {"is_set", "clear", "done", "cancelled", "result", "exception", "add_done_callback"}
)
_TESTS = (ast.Compare, ast.BoolOp, ast.UnaryOp)


def made_in(module: Module) -> Iterator[ast.Call]:
    """Yield each call that makes an event, or a future that somebody has to set."""
    yield from module.calls_of(*_EVENTS, *_FUTURES)
    yield from module.calls_named("create_future")


def is_made(module: Module, value: ast.AST | None) -> bool:
    """Tell whether ``value`` is such a call."""
    if not isinstance(value, ast.Call):
        return False
    is_future = last_name(value.func) == "create_future"
    return is_future or module.dotted(value.func) in _EVENTS | _FUTURES


def use_of(module: Module, node: ast.expr) -> str:
    """Tell what is done with the event or future ``node``.

    It is ``"fed"`` where something ends the wait for it, ``"wait"`` where somebody waits as long
    as it takes, ``"look"`` where nothing comes of it, and ``"open"`` where somebody else gets it.
    """
    above = module.parent(node)
    if isinstance(above, ast.Await):
        return "look" if ends_by_itself(module, above) else "wait"
    if isinstance(above, ast.Attribute):
        if above.attr in FEEDS:
            return "fed"
        if above.attr in {"wait", "wait_sync"}:
            return "wait" if _is_plain(module, above) else "look"
        return "look" if above.attr in _LOOKS else "open"
    while isinstance(above, _TESTS):
        node, above = above, module.parent(above)
    is_test = isinstance(above, (ast.If, ast.While, ast.IfExp)) and node is above.test
    return "look" if is_test or isinstance(above, (ast.Assert, ast.Delete)) else "open"


def _is_plain(module: Module, method: ast.Attribute) -> bool:
    """Tell whether ``x.wait`` is called and waited for without an end."""
    call = module.parent(method)
    if not isinstance(call, ast.Call) or call.func is not method or call.args or call.keywords:
        return False
    in_coroutine = module.function_of(call).is_async
    return module.is_awaited(call) is in_coroutine and not ends_by_itself(module, call)


def waits_in(function: Function) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield each plain wait of ``function``, and what is waited for."""
    module = function.module
    for each in function.awaits:
        if not isinstance(each.value, ast.Call) and use_of(module, each.value) == "wait":
            yield each, each.value
    for call in function.calls:
        method = call.func
        if isinstance(method, ast.Attribute) and use_of(module, method.value) == "wait":
            yield call, method.value
