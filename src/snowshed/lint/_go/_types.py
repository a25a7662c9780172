"""What type an expression has, as far as the package itself says it.

No dependency is read: of what comes from another package nothing is known, and the type is empty.
A type is what stands in the source, in one line: ``chan int``, ``*Server``, ``sync.RWMutex``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package
    from snowshed.lint._go._scope import Variable

__all__ = [
    "base_of",
    "callee",
    "channel_element",
    "field_type",
    "is_channel",
    "owner_of",
    "type_of",
]

_CHANNEL = re.compile(r"(?:<-\s*)?chan\b\s*(?:<-)?\s*(.*)")
_MAP = re.compile(r"map\[([^\]]*)\](.*)")
_DEPTH = 8


def is_channel(type_: str) -> bool:
    """Tell whether ``type_`` is written as a channel."""
    return _CHANNEL.match(type_) is not None


def channel_element(type_: str) -> str:
    """Return what goes through a channel of ``type_``; empty if it is none."""
    match = _CHANNEL.match(type_)
    return match[1] if match else ""


def base_of(type_: str) -> str:
    """Return the name in a type that may be a pointer, or have arguments: ``Server``."""
    return type_.strip("*() ").partition("[")[0] if not type_.startswith(("[", "map[")) else ""


def type_of(expression: n.Expression | None, depth: int = _DEPTH) -> str:
    """Return the type of ``expression``, with the package's own names resolved; empty: unknown."""
    if expression is None or depth == 0:
        return ""
    package = expression.function.file.package
    return _resolved(_type_of(expression, depth - 1), package)


def _type_of(expression: n.Expression, depth: int) -> str:
    found = ""
    match expression:
        case n.Name(variable=variable) if variable is not None:
            found = _variable_type(variable, depth)
        case n.Selector(operand=operand, field_=name):
            found = field_type(expression.function.file.package, type_of(operand, depth), name)
        case n.Unary(operator="&", operand=operand):
            inner = type_of(operand, depth)
            found = f"*{inner}" if inner else ""
        case n.Unary(operator="*", operand=operand):
            found = type_of(operand, depth).removeprefix("*")
        case n.Composite(type_=type_):
            found = type_
        case n.Index(operand=operand):
            found = _element(type_of(operand, depth))
        case n.Receive(channel=channel):
            found = channel_element(type_of(channel, depth))
        case n.Call():
            found = _result(expression, 0, depth)
        case n.Other(parts=[_, n.Type(name=name)]):
            found = name  # a type assertion
    return found


def _variable_type(variable: Variable, depth: int) -> str:
    if variable.type_ or variable.value is not None:
        return variable.type_ or type_of(variable.value, depth)
    source = variable.source
    if source is not None and isinstance(source.parent, n.For):
        return _ranged(type_of(source, depth), variable.place)
    if isinstance(source, n.Call):
        return _result(source, variable.place, depth)
    return type_of(source, depth) if variable.place == 0 else ""


def _ranged(type_: str, place: int) -> str:
    """Return what ``range`` gives of ``type_``: of a channel elements, of a map also the keys."""
    if is_channel(type_):
        return channel_element(type_)
    if place == 0:
        match = _MAP.match(type_)
        return match[1] if match else ""
    return _element(type_)


def _result(call: n.Call, place: int, depth: int) -> str:
    """Return the type of the ``place``-th result of ``call``."""
    if call.path in {"make", "new"} and call.arguments:
        made = call.arguments[0]
        named = made.name if isinstance(made, n.Type | n.Name) else ""
        return f"*{named}" if call.path == "new" and named else named
    if isinstance(call.called, n.FunctionLiteral):
        results = call.called.literal.results
    else:
        found = callee(call, depth)
        results = found.results if found is not None else []
    return results[place] if place < len(results) else ""


def _element(type_: str) -> str:
    if type_.startswith("["):
        return type_.partition("]")[2]
    match = _MAP.match(type_)
    return match[2] if match else ""


def _resolved(type_: str, package: Package) -> str:
    """Return what a name of the package stands for, if that is no struct and no interface."""
    for _ in range(_DEPTH):
        known = package.types.get(type_)
        if known is None or known.startswith("interface"):
            return type_
        # A named type keeps its name if it has methods of its own: those are looked up by it.
        if not is_channel(known) and not known.startswith(("[", "map[")):
            return type_
        type_ = known
    return type_


def field_type(package: Package, owner: str, name: str) -> str:
    """Return the type of field ``name`` of the struct ``owner``, also if it is embedded deeper."""
    declares = owner_of(package, owner, name)
    return package.structs[declares].fields[name] if declares else ""


def owner_of(package: Package, owner: str, name: str) -> str:
    """Return which struct declares the field ``name`` that ``owner`` has; empty: none."""
    waiting, seen = [base_of(owner)], set()
    while waiting:
        at = waiting.pop(0)
        struct = package.structs.get(at)
        if struct is None or at in seen:
            continue
        seen.add(at)
        if name in struct.fields:
            return at
        waiting += [base_of(struct.fields[each]) for each in struct.embedded]
    return ""


def callee(call: n.Call, depth: int = _DEPTH) -> Function | None:
    """Return the function of the package that ``call`` calls, if that is sure.

    A literal, a variable that is set to one and to nothing else, a function, a method of a type
    that is known. A method of an interface has no body here and is not found.
    """
    called = call.called
    if isinstance(called, n.Index):
        called = called.operand
    package = call.function.file.package
    if isinstance(called, n.FunctionLiteral):
        return called.literal
    if isinstance(called, n.Name):
        return _named(called, package)
    if isinstance(called, n.Selector) and depth > 0:
        type_ = base_of(type_of(called.operand, depth - 1))
        return package.method(type_, called.field_) if type_ else None
    return None


def _named(name: n.Name, package: Package) -> Function | None:
    variable = name.variable
    if variable is None:
        return package.function(name.name)
    if isinstance(variable.value, n.FunctionLiteral) and not n.is_set_again(variable):
        return variable.value.literal
    return _set_once(variable) if variable.value is None else None


def _set_once(variable: Variable) -> Function | None:
    """Return the literal of ``var f func(); f = func() { f() }``."""
    sets = [use for use in variable.uses if n.is_set(use)]
    assign = sets[0].parent if len(sets) == 1 else None
    if not isinstance(assign, n.Assign) or len(assign.right) != len(assign.left):
        return None
    value = assign.right[assign.left.index(sets[0])]
    return value.literal if isinstance(value, n.FunctionLiteral) else None
