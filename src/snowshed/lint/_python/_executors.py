"""Executors, pools of workers and event loops that are made for each request, or in each turn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python._nodes import COMPREHENSIONS, written
from snowshed.lint._python._remade import is_cached, is_guarded
from snowshed.lint._python._uses import made_by, uses_of

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Related
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._module import Module

__all__ = ["executors"]

_EXECUTORS = frozenset(
    {"concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor"}
    | {"concurrent.futures.thread.ThreadPoolExecutor", "multiprocessing.pool.ThreadPool"}
    | {"concurrent.futures.process.ProcessPoolExecutor", "multiprocessing.pool.Pool"}
    | {"multiprocessing.Pool", "multiprocessing.dummy.Pool", "billiard.Pool"}
    | {"gevent.pool.Pool", "gevent.threadpool.ThreadPool", "eventlet.GreenPool"}
)
_LOOPS = frozenset({"asyncio.new_event_loop", "uvloop.new_event_loop"})
_RUNS = "asyncio.run"


def executors(folder: Folder) -> Iterator[Finding]:
    """Yield each that is made for one request or one turn: what SN103 says of Python."""
    for module in folder.modules:
        for call in module.calls_of(*_EXECUTORS, *_LOOPS, _RUNS):
            function = module.function_of(call)
            if not (function.is_main or function.is_top):
                found = _for_request(folder, module, call) or _for_turn(module, call)
                if found is not None:
                    yield found


def _for_request(folder: Folder, module: Module, call: ast.Call) -> Finding | None:
    function = module.function_of(call)
    handler = folder.request_of(function)
    asked = folder.asked_by(function) if handler is None else None
    if (handler is None or handler.kind == "websocket") and asked is None:
        return None
    is_ended = _is_ended(module, call)
    if is_ended is None:
        return None
    related: tuple[Related, ...] = ()
    serves = "serves"
    if asked is not None:
        caller, asks = asked
        related = (caller.module.related(asks, f"`{caller.short_name}` serves a request"),)
        serves = "is called for"
    is_loop = module.dotted(call.func) not in _EXECUTORS
    word, what = written(call.func), "an event loop" if is_loop else "a pool of workers"
    then = "it limits one request, and not the service"
    if is_loop:
        then = "all others have theirs" if is_ended else "nothing closes it"
    message = (
        f"`{word}` makes {what} for each request that `{function.short_name}` {serves}: {then}"
    )
    tier = Tier.ADVICE if is_loop and is_ended else Tier.DEFAULT
    return module.finding("SN103", call, message, related=related, tier=tier, confidence=0.85)


def _for_turn(module: Module, call: ast.Call) -> Finding | None:
    loop, name = module.loop_of(call), module.dotted(call.func)
    if loop is None or isinstance(loop, COMPREHENSIONS) or name == _RUNS:
        return None
    is_ended = _is_ended(module, call)
    if is_ended is None:
        return None
    what = "a pool of workers" if name in _EXECUTORS else "an event loop"
    then = "and ends it" if is_ended else "and nothing ends it"
    message = f"`{written(call.func)}` makes {what} in each turn of the loop, {then}"
    tier = Tier.ADVICE if is_ended else Tier.DEFAULT
    return module.finding("SN103", call, message, tier=tier, confidence=0.8)


def _is_ended(module: Module, call: ast.Call) -> bool | None:
    """Tell whether the same function ends it; None if it may be kept."""
    if module.dotted(call.func) == _RUNS:
        return True
    above = module.parent(made_by(module, call))
    if is_cached(module.function_of(call)) or is_guarded(module, above):
        return None
    uses = uses_of(module, call)
    return None if uses.is_handed_on else uses.is_ended
