"""Clients and calls that are told to wait for ever: ``timeout=None``.

The defaults of httpx (5 s) and aiohttp (300 s) end a wait some time. Who switches them off may have
a stream that stays open for hours; names tell that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._python._nodes import written

if TYPE_CHECKING:
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._module import Module

__all__ = ["told_to_wait"]

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_LIBRARIES = ("httpx", "httpx2", "requests")
_CLIENTS = tuple(f"{lib}.{kind}" for lib in _LIBRARIES[:2] for kind in ("AsyncClient", "Client"))
_FUNCTIONS = tuple(f"{lib}.{verb}" for lib in _LIBRARIES for verb in _VERBS)
_TIMEOUTS = ("httpx.Timeout", "httpx2.Timeout")
_OF_CLIENTS = (
    *(f"{client}()." for client in _CLIENTS),
    *("requests.Session().", "requests.session().", "aiohttp.ClientSession()."),
)
# A scope around a call that ends it, whatever the call says.
_ENDED_BY = frozenset(
    {"asyncio.timeout()", "asyncio.timeout_at()", "anyio.fail_after()", "anyio.move_on_after()"}
    | {"async_timeout.timeout()", "trio.fail_after()", "trio.move_on_after()"}
)
_STAYS_OPEN = re.compile(
    r"stream|sse|event|watch|subscri|proxy|ingress|forward|tunnel|asgi|poll|download|upload|listen|follow|tail",
    re.IGNORECASE,
)


def told_to_wait(folder: Folder) -> Iterator[tuple[Module, ast.Call, str]]:
    """Yield each call that switches a timeout off, and what waits for ever then."""
    for module in folder.modules:
        for call, who in _told_by(module):
            if not _is_meant(module, call):
                yield module, call, who


def _told_by(module: Module) -> Iterator[tuple[ast.Call, str]]:
    for call in module.calls_of(*_CLIENTS, *_FUNCTIONS):
        if _is_none(call, "timeout"):
            yield call, f"`{written(call.func)}`"
    for call in module.calls_named(*_VERBS):
        if _is_none(call, "timeout") and module.origin(call.func).startswith(_OF_CLIENTS):
            yield call, f"`{written(call.func)}`"
    for call in module.calls_of(*_TIMEOUTS):
        if _first_is_none(call):
            yield call, "the client that gets it"
    for call in module.calls_of("aiohttp.ClientTimeout"):
        if _is_none(call, "total") and not _has_parts(call):
            yield call, "the session that gets it"


def _value(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def _is_none(call: ast.Call, name: str) -> bool:
    value = _value(call, name)
    return isinstance(value, ast.Constant) and value.value is None


def _first_is_none(call: ast.Call) -> bool:
    """Tell whether it is ``Timeout(None)`` and no part of it is set beside that."""
    if len(call.args) == 1 and not call.keywords:
        return isinstance(call.args[0], ast.Constant) and call.args[0].value is None
    return not call.args and len(call.keywords) == 1 and _is_none(call, "timeout")


def _has_parts(call: ast.Call) -> bool:
    """Tell whether a part of the wait ends, so that a peer that is silent is seen."""
    parts = (_value(call, name) for name in ("sock_read", "sock_connect", "connect"))
    return any(
        not (isinstance(each, ast.Constant) and each.value is None) for each in parts if each
    )


def _is_meant(module: Module, call: ast.Call) -> bool:
    """Tell whether names say that it stays open, or something around it ends it."""
    for held in module.withs_of(call):
        if any(module.dotted(item.context_expr) in _ENDED_BY for item in held.items):
            return True
    function = module.function_of(call)
    named = [
        module.name,
        function.name,
        *(written(each.value) for each in call.keywords if each.arg),
    ]
    named += [each.arg or "**" for each in call.keywords]
    statement = module.statement_of(call)
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        named += [written(each) for each in targets]
    above = module.parent(call)
    if isinstance(above, ast.Call) and "wait_for" in written(above.func):
        return True
    return any(_STAYS_OPEN.search(each) for each in named)
