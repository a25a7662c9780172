"""Where a value comes from: what is written there, the settings, the caller, a request, a store.

A loop over three hosts of a setting is something else than one over what a client has sent. A value
is followed backwards through the variables of its function, through what is selected from it and
through what calls make of it; a call of another package makes something of what it is given.
"""

from __future__ import annotations

import re
from enum import Flag, auto
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._handlers import handler_of
from snowshed.lint._go._scope import Kind

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._scope import Variable

__all__ = ["Origin", "origin_of"]


class Origin(Flag):
    """Where something comes from; several, if it is made of several."""

    WRITTEN = 0
    """What stands in the source."""
    OWN = auto()
    """A field of the receiver, or a variable of the package: settings and state."""
    GIVEN = auto()
    """A parameter of a function that is no handler."""
    REQUEST = auto()
    """What a handler was asked."""
    READ = auto()
    """What was read of a database, a file, a peer."""
    MADE = auto()
    """What a function gives of which nothing is known."""


_READS = re.compile(
    r"^(?:Query|Select|Find|Fetch|Scan|ReadAll|ReadFile|ReadDir|ReadLines|Glob|List|Search|Unmarshal"
    r"|Decode|GetAll|LoadAll|Readdir|Scrape|Dump|SMembers|HGetAll|LRange|ZRange|Keys)"
)
_FILLS = re.compile(
    r"^(?:Decode|Unmarshal|Bind|ShouldBind|MustBind|Scan|Parse|Body|Read|Select|Find|Get|All|Load)"
)
_DEPTH = 12


def origin_of(expression: n.Expression | None) -> Origin:
    """Return where ``expression`` comes from."""
    return _of(expression, _DEPTH, set())


def _of(expression: n.Expression | None, depth: int, seen: set[Variable]) -> Origin:
    if expression is None or depth == 0:
        return Origin.WRITTEN
    match expression:
        case n.Name(variable=variable) if variable is not None:
            return _of_variable(variable, expression.function, depth, seen)
        case n.Selector(operand=operand) | n.Unary(operand=operand) | n.Index(operand=operand):
            return _of(operand, depth - 1, seen)
        case n.Receive():
            return Origin.MADE
        case n.Call():
            return _of_call(expression, depth, seen)
    parts = [each for each in expression.children() if isinstance(each, n.Expression)]
    return _all(parts, depth, seen)


def _all(parts: list[n.Expression], depth: int, seen: set[Variable]) -> Origin:
    found = Origin.WRITTEN
    for each in parts:
        found |= _of(each, depth - 1, seen)
    return found


def _of_call(call: n.Call, depth: int, seen: set[Variable]) -> Origin:
    if call.path in {"make", "new", "len", "cap", "append"}:
        return _all(call.arguments if call.path == "append" else [], depth, seen)
    given = _all(call.arguments, depth, seen)
    if isinstance(call.called, n.Selector):
        given |= _of(call.called.operand, depth - 1, seen)
    if _READS.match(call.method) and not (call.method == "Query" and not call.arguments):
        return given | Origin.READ
    return given or Origin.MADE


def _of_variable(variable: Variable, reader: Function, depth: int, seen: set[Variable]) -> Origin:
    if variable in seen:
        return Origin.WRITTEN
    seen.add(variable)
    if variable.kind is Kind.PACKAGE or variable.kind is Kind.RECEIVER:
        return Origin.OWN
    if variable.kind is Kind.PARAMETER:
        return _of_parameter(variable, reader)
    found = _of(variable.value, depth - 1, seen) | _of(variable.source, depth - 1, seen)
    for use in variable.uses:
        found |= _of_use(use, depth, seen)
    return found


def _of_parameter(variable: Variable, reader: Function) -> Origin:
    """Return where a parameter comes from that ``reader`` reads."""
    at: Function | None = reader
    while at is not None:
        handler = handler_of(at)
        if variable.function is at:
            if handler is not None:
                return Origin.REQUEST if variable in handler.request else Origin.WRITTEN
            return Origin.WRITTEN if variable.type_ == "context.Context" else Origin.GIVEN
        if handler is not None:
            return Origin.OWN  # what the maker of a handler was given stays as it is
        at = at.outer
    return Origin.GIVEN


def _of_use(use: n.Name, depth: int, seen: set[Variable]) -> Origin:
    """Return what ``use`` puts into its variable: it is set, or somebody is given its address."""
    at: n.Node = use
    while isinstance(at.parent, n.Selector | n.Index) and at.parent.operand is at:
        at = at.parent
    parent = at.parent
    if isinstance(parent, n.Assign) and at in parent.left:
        return _all(parent.right, depth, seen)
    if isinstance(parent, n.Unary) and parent.operator == "&" and isinstance(parent.parent, n.Call):
        call = parent.parent
        if not _FILLS.match(call.method):
            return Origin.WRITTEN
        others = [each for each in call.arguments if each is not parent]
        owner = call.called.operand if isinstance(call.called, n.Selector) else None
        return Origin.READ | _all(others, depth, seen) | _of(owner, depth - 1, seen)
    return Origin.WRITTEN
