"""Whether something that a function makes is ended by it, handed on, or only used.

A client, a pool or an executor is for use: its methods are called, and what they return is data.
It lives on with whoever else has it: a caller, an attribute, another function, or an object that it
has made and that goes there.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._python._fate import End, fate_of
from snowshed.lint._python._nodes import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["Uses", "made_by", "uses_of"]


@dataclass(frozen=True, slots=True)
class Uses:
    """What is done with it.

    Attributes:
        variable: the local variable that holds it; None where it is used at once.
        is_ended: whether it is closed, on one way at least.
        is_handed_on: whether somebody else may have it, who may end it.
        reads: where the variable is used.
    """

    variable: ast.Name | None = None
    is_ended: bool = False
    is_handed_on: bool = False
    reads: tuple[ast.Name, ...] = ()


# Methods that end it, called here or given to somebody who calls them.
_ENDS = frozenset(
    {"close", "aclose", "async_close", "close_async", "close_sync", "_close", "wait_closed"}
    | {"stop", "shutdown", "dispose", "disconnect", "terminate", "release", "detach"}
    | {"__exit__", "__aexit__", "async_disconnect", "close_connection", "quit", "abort"}
)
# Functions that only look at what they are given, or use it while they run.
_LOOKS = frozenset(
    {"print", "len", "isinstance", "bool", "id", "repr", "str", "type", "hasattr", "callable"}
    | {"run_in_executor", "set_event_loop", "run_coroutine_threadsafe", "wrap_future"}
)
# What is awaited mostly is data; these are more of the same connection.
_PARTS = frozenset(
    {"channel", "cursor", "acquire", "connect", "connection", "transaction", "prepare", "begin"}
    | {"pubsub", "open_channel", "create_channel", "subscribe", "session", "start", "client"}
    | {"jetstream", "open", "get_client", "__aenter__", "stream", "send", "ws_connect"}
)
# What these return is data, awaited or not.
_DATA = frozenset({"submit", "map", "imap", "starmap", "apply", "apply_async"})
_DATA |= {"run_until_complete", "create_task", "create_future"}
_LOOKED_AT = (
    *(ast.Compare, ast.If, ast.While, ast.IfExp, ast.UnaryOp, ast.Assert, ast.Expr, ast.Delete),
    *(ast.FormattedValue, ast.BoolOp),
)
_ELSEWHERE = frozenset({End.KEPT, End.PASSED, End.RETURNED})


def made_by(module: Module, call: ast.Call) -> ast.expr:
    """Return what stands for the thing that ``call`` makes: the ``await`` before it, if any."""
    above = module.parent(call)
    return above if isinstance(above, ast.Await) else call


def uses_of(module: Module, call: ast.Call, *, part: int | None = None) -> Uses:
    """Return what is done with the thing that ``call`` makes.

    Args:
        module: where it stands.
        call: what makes it.
        part: which of several that ``call`` returns it is, such as 1 for the writer of
            ``reader, writer = ...``.
    """
    made = made_by(module, call)
    above = module.parent(made)
    if isinstance(above, ast.withitem):
        return Uses(is_ended=True)
    if isinstance(above, ast.Attribute):
        use = _used_as(module, made)
        return Uses(is_ended=use == "ended", is_handed_on=use == "handed on")
    name = _variable(above, part)
    if name is None or not _is_local(module.function_of(call), name.id):
        return Uses(is_handed_on=True)
    return _followed(module, module.function_of(call), name)


def _variable(assign: ast.AST | None, part: int | None) -> ast.Name | None:
    target = None
    if isinstance(assign, ast.Assign) and len(assign.targets) == 1:
        target = assign.targets[0]
    elif isinstance(assign, ast.AnnAssign):
        target = assign.target
    if part is not None:
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
        target = parts[part] if len(parts) > part else None
    return target if isinstance(target, ast.Name) else None


def _is_local(function: Function, name: str) -> bool:
    return not function.is_top and name not in function.shared


def _followed(module: Module, function: Function, name: ast.Name) -> Uses:
    reads = tuple(function.reads(name.id))
    uses = [*_uses(module, function, reads)]
    return Uses(name, "ended" in uses, "handed on" in uses, reads)


def _uses(module: Module, function: Function, reads: tuple[ast.Name, ...]) -> Iterator[str]:
    for read in reads:
        use = _used_as(module, read)
        # A function inside has it for as long as somebody has that function.
        yield use if use == "ended" or module.function_of(read) is function else "handed on"


def _used_as(module: Module, read: ast.expr) -> str:
    above = module.parent(read)
    if isinstance(above, ast.withitem):
        return "ended"
    if isinstance(above, ast.Attribute):
        return "ended" if above.attr in _ENDS else _method(module, above)
    if isinstance(above, ast.Subscript) and read is above.value:
        return _derived(module, above)
    if isinstance(above, (ast.IfExp, ast.BoolOp)):
        in_test = isinstance(above, ast.IfExp) and read is above.test
        return "used" if in_test else _derived(module, above)
    if isinstance(above, ast.Call) and last_name(above.func) in _LOOKS:
        return "used"
    return "used" if isinstance(above, _LOOKED_AT) else "handed on"


def _method(module: Module, attribute: ast.Attribute) -> str:
    above = module.parent(attribute)
    if isinstance(above, ast.Call) and above.func is attribute:
        is_data = module.is_awaited(above) and attribute.attr not in _PARTS
        return (
            "used"
            if is_data or attribute.attr in _DATA
            else _derived(module, made_by(module, above))
        )
    return _derived(module, attribute)


def _derived(module: Module, node: ast.expr) -> str:
    """Tell whether a part of it, such as a table of its database, goes somewhere else."""
    above = module.parent(node)
    while isinstance(above, (ast.Attribute, ast.Subscript)) and above.value is node:
        node, above = above, module.parent(above)
    is_set = isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
    if is_set or (isinstance(above, ast.Call) and above.func is node):
        # What that returns is data.
        return "used"
    return "handed on" if fate_of(module, node).ways & _ELSEWHERE else "used"
