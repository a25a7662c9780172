"""Whom a call may reach beyond what its name says: callbacks in fields, methods of interfaces.

``s.onClose()`` calls what somebody has put into the field, often a literal that uses the very
object again; ``store.Add(x)`` of an interface calls the one type of the package that has its
methods. Both are how a lock is taken twice without anybody seeing it. Whom other packages put there
is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._place import Place, class_of, type_at
from snowshed.lint._go._places import bound, place_of, receiver_of
from snowshed.lint._go._scope import Kind
from snowshed.lint._go._types import base_of, callee, type_of

if TYPE_CHECKING:
    from snowshed.lint._go._events import Key
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package
    from snowshed.lint._go._scope import Variable

__all__ = ["Target", "function_fields", "function_of", "is_function", "targets"]

_METHOD = re.compile(r"(?:^|[{;\s])(\w+)\(")
_EMBEDDED = re.compile(r"(\w+)(?=\s|$|})")
_DOUBLE = re.compile(r"(?i)mock|fake|stub|dummy|noop|nop|test")


@dataclass(slots=True, eq=False)
class Target:
    """A function that a call may call.

    Attributes:
        function: the function.
        by: what its parameters, and variables around it, are to the caller.
        is_sure: whether it is known to be this one.
    """

    function: Function
    by: Mapping[Variable, Place | None]
    is_sure: bool = True


def targets(call: n.Call) -> tuple[Target, ...]:
    """Return the functions of the package that ``call`` may call."""
    kept = call.function.file.package.kept.setdefault("targets", {})
    known = cast("dict[n.Call, tuple[Target, ...]]", kept)
    found = known.get(call)
    if found is None:
        found = known[call] = tuple(_targets(call))
    return found


def _targets(call: n.Call) -> Iterator[Target]:
    function = callee(call)
    if function is not None:
        yield Target(function, bound(call, function))
        return
    called = call.called
    if not isinstance(called, n.Selector):
        return
    package = call.function.file.package
    base = place_of(called.operand)
    if base is None:
        return
    if called.field_ in function_fields(package):
        yield from _in_field(call, package, base.to(called.field_))
    elif called.field_ in _methods_of_interfaces(package):
        yield from _of_interface(call, called, package, base)


def _of_interface(
    call: n.Call, called: n.Selector, package: Package, base: Place
) -> Iterator[Target]:
    type_ = type_of(called.operand) or type_at(package, base)
    methods = _methods(package, base_of(type_))
    if called.field_ not in methods:
        return
    types = _implementing(package, base_of(type_), methods)
    if len(types) != 1:
        return
    function = package.method(types[0], called.field_)
    if function is not None:
        by = bound(call, function)
        if function.receiver is not None:
            by[function.receiver] = receiver_of(called, function)
        yield Target(function, by, is_sure=False)


def _methods(package: Package, interface: str) -> frozenset[str]:
    """Return the methods of an interface, and of those that it embeds."""
    kept = cast("dict[str, frozenset[str]]", package.kept.setdefault("methods of", {}))
    if interface in kept:
        return kept[interface]
    found: set[str] = set()
    waiting, seen = [interface], set()
    while waiting:
        at = waiting.pop()
        text = package.types.get(at, "")
        if at in seen or not text.startswith("interface"):
            continue
        seen.add(at)
        found |= set(_METHOD.findall(text))
        waiting += _EMBEDDED.findall(text.partition("{")[2])
    kept[interface] = frozenset(found)
    return kept[interface]


def _methods_of_interfaces(package: Package) -> frozenset[str]:
    found = package.kept.get("methods of interfaces")
    if not isinstance(found, frozenset):
        texts = (each for each in package.types.values() if each.startswith("interface"))
        found = frozenset(name for text in texts for name in _METHOD.findall(text))
        package.kept["methods of interfaces"] = found
    return found


def _implementing(package: Package, interface: str, methods: frozenset[str]) -> tuple[str, ...]:
    kept = cast("dict[str, tuple[str, ...]]", package.kept.setdefault("types of interfaces", {}))
    if interface not in kept:
        first, *rest = sorted(methods)
        types = {
            each.receiver_type
            for each in package.methods(first)
            if not each.file.source.is_test and not _DOUBLE.search(each.receiver_type)
        }
        kept[interface] = tuple(
            sorted(
                type_
                for type_ in types
                if all(package.method(type_, name) is not None for name in rest)
            )
        )
    return kept[interface]


@dataclass(frozen=True, slots=True)
class _Put:
    """A function that is put into a field.

    Attributes:
        value: what is put there.
        owner: the object whose field it is; None if that has no name yet.
    """

    value: n.Expression
    owner: Place | None


def _put_into(package: Package, name: str) -> Sequence[tuple[Key, _Put]]:
    """Return what is put into fields called ``name`` that hold functions, with their class."""
    kept = cast("dict[str, list[tuple[Key, _Put]]]", package.kept.setdefault("puts", {}))
    found = kept.get(name)
    if found is None:
        found = kept[name] = []
        word = name.encode()
        puts = re.compile(rb"\b%b\s*(?:=[^=]|:[^=])" % word)
        for function in package.functions:
            if word in function.words and puts.search(function.code):
                for part in function.family():
                    found += _puts(package, part, name)
    return found


def function_fields(package: Package) -> frozenset[str]:
    """Return the names of all fields of the package's structs that are functions."""
    found = package.kept.get("function fields")
    if not isinstance(found, frozenset):
        found = package.kept["function fields"] = _named_functions(package)
    return found


def _named_functions(package: Package) -> frozenset[str]:
    return frozenset(
        name
        for struct in package.structs.values()
        for name, type_ in struct.fields.items()
        if is_function(package, type_)
    )


def is_function(package: Package, type_: str) -> bool:
    """Tell whether ``type_``, as it is written in the package, is a function."""
    return type_.startswith("func(") or package.types.get(type_, "").startswith("func(")


def _puts(package: Package, function: Function, name: str) -> Iterator[tuple[Key, _Put]]:
    for each in function.all(n.Assign):
        if len(each.left) != len(each.right):
            continue
        for left, right in zip(each.left, each.right, strict=True):
            if isinstance(left, n.Selector) and left.field_ == name:
                owner = place_of(left.operand)
                if owner is not None:
                    yield class_of(package, owner.to(name)), _Put(right, owner)
    for made in function.all(n.Composite):
        if name in made.keys and made.type_:
            value = made.values[made.keys.index(name)]
            yield (base_of(made.type_), name), _Put(value, _holder(made))


def _holder(made: n.Composite) -> Place | None:
    """Return the variable that a composite literal is the value of."""
    value: n.Expression = made.parent if isinstance(made.parent, n.Unary) else made
    around = value.parent
    if isinstance(around, n.Assign | n.Var) and len(around.left) == len(around.right):
        left = around.left[around.right.index(value)] if value in around.right else None
        if isinstance(left, n.Name) and left.variable is not None:
            return Place(left.variable)
    return None


def _in_field(call: n.Call, package: Package, field_: Place) -> Iterator[Target]:
    key = class_of(package, field_)
    puts = _put_into(package, field_.path[-1])
    found = []
    for known, put in puts:
        if known == key:
            found += list(_of_put(package, call, Place(field_.root, field_.path[:-1]), put))
    if len({each.function for each in found}) == 1:
        yield found[0]


def _of_put(package: Package, call: n.Call, owner: Place, put: _Put) -> Iterator[Target]:
    value = put.value
    variable = value.variable if isinstance(value, n.Name) else None
    if variable is not None and variable.kind is Kind.PARAMETER:
        yield from _given(package, call, owner, put, variable)
        return
    found = function_of(value)
    if found is not None:
        by = _outer(found, owner, put.owner)
        yield Target(found.function, {**bound(call, found.function), **by}, is_sure=False)


def _outer(found: Target, owner: Place, holder: Place | None) -> dict[Variable, Place | None]:
    """Return what a function in a field knows of the object whose field it is."""
    by: dict[Variable, Place | None] = {}
    for variable, place in found.by.items():
        by[variable] = None
        if holder is not None and place is not None and place == holder:
            by[variable] = owner
    if holder is not None and not holder.path:
        by[holder.root] = owner
    return by


def _given(
    package: Package, call: n.Call, owner: Place, put: _Put, parameter: Variable
) -> Iterator[Target]:
    """Yield what callers of a setter, ``s.SetHook(f)``, give it."""
    setter = parameter.function
    if setter is None or parameter not in setter.parameters:
        return
    place = setter.parameters.index(parameter)
    for other in _calls_of(package, setter):
        if place >= len(other.arguments):
            continue
        found = function_of(other.arguments[place])
        if found is None:
            continue
        by = bound(other, setter)
        holder = by.get(put.owner.root) if put.owner is not None and not put.owner.path else None
        known = _outer(found, owner, holder)
        yield Target(found.function, {**bound(call, found.function), **known}, is_sure=False)


def _calls_of(package: Package, function: Function) -> Iterator[n.Call]:
    name = f".{function.name}(" if function.receiver_type else f"{function.name}("
    for named in package.functions:
        if name.encode() in named.code:
            for part in named.family():
                for call in part.all(n.Call):
                    if call.method == function.name and callee(call) is function:
                        yield call


def function_of(value: n.Expression, depth: int = 8) -> Target | None:
    """Return the function that an expression is: a literal, a name, a method of an object."""
    if depth == 0:
        return None
    found: Target | None = None
    match value:
        case n.FunctionLiteral(literal=literal):
            found = Target(literal, {})
        case n.Name(variable=None, name=name):
            function = value.function.file.package.function(name)
            found = None if function is None else Target(function, {})
        case n.Name(variable=variable) if variable is not None and variable.value is not None:
            found = function_of(variable.value, depth - 1)
        case n.Selector():
            found = _method_value(value)
        case n.Call():
            found = _made_by(value)
    return found


def _method_value(value: n.Selector) -> Target | None:
    """Return ``s.run`` as a function, which has its receiver with it."""
    package = value.function.file.package
    function = package.method(base_of(type_of(value.operand)), value.field_)
    if function is None:
        return _kept_in_field(value)
    by = {} if function.receiver is None else {function.receiver: receiver_of(value, function)}
    return Target(function, by)


def _kept_in_field(value: n.Selector) -> Target | None:
    """Return what the package puts into a field, if that is one function."""
    package = value.function.file.package
    place = place_of(value) if value.field_ in function_fields(package) else None
    if place is None or not place.path:
        return None
    key = class_of(package, place)
    puts = _put_into(package, place.path[-1])
    of_field = [put for known, put in puts if known == key]
    if len(of_field) != 1 or of_field[0].value is value:
        return None
    only = of_field[0]
    found = None if isinstance(only.value, n.Selector) else function_of(only.value)
    if found is None:
        return None
    return Target(found.function, _outer(found, Place(place.root, place.path[:-1]), only.owner))


def _made_by(call: n.Call) -> Target | None:
    """Return the literal that a function of the package returns: ``newHook(s)``."""
    maker = callee(call)
    if maker is None:
        types = call.function.file.package.types
        is_conversion = len(call.arguments) == 1 and call.path in types
        return function_of(call.arguments[0]) if is_conversion else None
    returned = [each.values[0] for each in maker.all(n.Return) if len(each.values) == 1]
    if len(returned) == 1 and isinstance(returned[0], n.FunctionLiteral):
        return Target(returned[0].literal, bound(call, maker))
    return None
