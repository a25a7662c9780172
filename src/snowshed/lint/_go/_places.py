"""Which object a piece of code names: the same in another function, in a closure, by a getter.

``s.mu`` in one method and ``srv.mu`` in the caller are the same mutex if ``srv`` is what the method
was called on. A `Place` says how an object is reached from a variable; ``bound`` says which place
of the caller a parameter is. What the path leads through matters, too: ``s.conns[k]`` is some
element, and of two of those nobody knows whether they are the same.

Not followed: a field that is set to another object between two looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._place import ELEMENT, Place, type_at
from snowshed.lint._go._scope import Kind
from snowshed.lint._go._types import base_of, callee

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package
    from snowshed.lint._go._scope import Variable

__all__ = [
    "bound",
    "moved",
    "place_of",
    "receiver_of",
    "traced_back",
]

_DEPTH = 10
_SHORT = 2


def place_of(expression: n.Expression | None, depth: int = _DEPTH) -> Place | None:
    """Return what ``expression`` names; None for what is no place, or of another package.

    A local variable that is set once, to a place, is that place, unless that leads by an element:
    the element may be another by the time that it is asked for again.
    """
    if expression is None or depth == 0:
        return None
    found: Place | None = None
    match expression:
        case n.Name(variable=variable) if variable is not None:
            found = _of_variable(variable, depth - 1)
        case n.Selector():
            found = _of_selector(expression, depth - 1)
        case n.Unary(operator="*" | "&", operand=operand):
            found = place_of(operand, depth)
        case n.Index(operand=operand, indices=[index]):
            base = place_of(operand, depth - 1)
            found = None if base is None else base.to(f"[{index.text}]")
        case n.Other(parts=[n.Expression() as asserted, n.Type()]):
            found = place_of(asserted, depth - 1)
        case n.Call():
            found = _of_call(expression, depth - 1)
    return found


def _of_variable(variable: Variable, depth: int) -> Place:
    if variable.kind is Kind.LOCAL and variable.value is not None and not n.is_set_again(variable):
        found = place_of(variable.value, depth)
        if found is not None and found.is_one and found.root is not variable:
            return found
    return Place(variable)


def _of_selector(expression: n.Selector, depth: int) -> Place | None:
    base = place_of(expression.operand, depth)
    if base is None:
        return None
    package = expression.function.file.package
    owner = type_at(package, base)
    return base.to(*_promoted(package, owner, expression.field_), expression.field_)


def _promoted(package: Package, owner: str, name: str) -> tuple[str, ...]:
    """Return by which embedded structs the field or method ``name`` of ``owner`` is reached."""
    kept = cast("dict[tuple[str, str], tuple[str, ...]]", package.kept.setdefault("promoted", {}))
    key = (base_of(owner), name)
    if key not in kept:
        kept[key] = _embedded_path(package, *key)
    return kept[key]


def _embedded_path(package: Package, owner: str, name: str) -> tuple[str, ...]:
    waiting: list[tuple[str, tuple[str, ...]]] = [(owner, ())]
    seen: set[str] = set()
    while waiting:
        at, path = waiting.pop(0)
        if at in seen:
            continue
        seen.add(at)
        struct = package.structs.get(at)
        if any(each.receiver_type == at for each in package.methods(name)):
            return path
        if struct is None:
            continue
        if name in struct.fields:
            return path
        waiting += [(base_of(struct.fields[each]), (*path, each)) for each in struct.embedded]
    return ()


def _of_call(call: n.Call, depth: int) -> Place | None:
    """Return what a call returns, if the function of the package returns one place of its own."""
    function = callee(call)
    if function is not None:
        given = _returned(function, depth)
        if given is not None:
            return moved(given, bound(call, function), function)
    if call.arguments or not isinstance(call.called, n.Selector):
        return None
    base = place_of(call.called.operand, depth)
    return None if base is None else base.to(f"{call.called.field_}()")


def _returned(function: Function, depth: int) -> Place | None:
    """Return the one place of a parameter that all of what ``function`` returns first is."""
    key = "returned place"
    if key not in function.kept:
        function.kept[key] = None  # of a function that returns what it returns itself
        function.kept[key] = _one_returned(function, depth)
    found = function.kept[key]
    return found if isinstance(found, Place) else None


def _one_returned(function: Function, depth: int) -> Place | None:
    found: set[Place | None] = set()
    for each in function.all(n.Return):
        if not each.values:
            return None
        value = each.values[0]
        if isinstance(value, n.Literal) and value.text == "nil":
            continue
        found.add(traced_back(place_of(value, depth), depth))
    (place,) = found if len(found) == 1 else (None,)
    return place if place is not None and not _is_local(place.root, function) else None


def _is_local(variable: Variable, function: Function) -> bool:
    own = variable.function is function
    return own and variable.kind not in (Kind.PARAMETER, Kind.RECEIVER)


def traced_back(place: Place | None, depth: int = _DEPTH) -> Place | None:
    """Return where the object of ``place`` comes from, as far as that can be told.

    ``r`` of ``for _, r := range s.replicas`` and of ``r, ok := s.replicas[k]`` is an element of
    ``s.replicas``: which one is not known.
    """
    while place is not None and depth > 0:
        variable = place.root
        source = variable.value or variable.source
        is_first = variable.value is not None or variable.place == 0
        if variable.kind is Kind.RANGE and source is not None:
            base = place_of(source, depth)
            base = None if base is None or variable.place == 0 else base.to(ELEMENT)
        elif variable.kind is Kind.LOCAL and is_first and not n.is_set_again(variable):
            base = place_of(source, depth)
        else:
            return _unkeyed(place)
        if base is None or base.root is variable:
            return _unkeyed(place)
        place, depth = base.to(*place.path), depth - 1
    return None if place is None else _unkeyed(place)


def _unkeyed(place: Place) -> Place:
    steps = tuple(ELEMENT if step.startswith("[") else step for step in place.path)
    return place if steps == place.path else Place(place.root, steps)


Bound = Mapping["Variable", "Place | None"]


def bound(call: n.Call, function: Function) -> dict[Variable, Place | None]:
    """Return which place of the caller each parameter of ``function`` is when ``call`` calls it."""
    found: dict[Variable, Place | None] = {}
    if function.receiver is not None and isinstance(call.called, n.Selector):
        found[function.receiver] = receiver_of(call.called, function)
    for parameter, argument in zip(function.parameters, call.arguments, strict=False):
        is_rest = parameter.type_.startswith("[]") and parameter is function.parameters[-1]
        found[parameter] = None if is_rest and not call.spread else place_of(argument)
    return found


def receiver_of(called: n.Selector, function: Function) -> Place | None:
    """Return what a method is called on, which may be embedded in what the call names."""
    base = place_of(called.operand)
    if base is None:
        return None
    package = called.function.file.package
    return base.to(*_promoted(package, type_at(package, base), function.name))


def moved(place: Place, by: Bound, function: Function) -> Place | None:
    """Return what ``place`` of ``function`` is to the caller; None if the caller cannot name it."""
    root = place.root
    if root in by:
        base = by[root]
        return None if base is None else _whole(base.to(*place.path), function.file.package)
    if root.kind is Kind.PACKAGE or _encloses(root.function, function.outer):
        return place
    return None


def _encloses(declares: Function | None, inner: Function | None) -> bool:
    while inner is not None:
        if inner is declares:
            return True
        inner = inner.outer
    return False


def _whole(place: Place, package: Package) -> Place:
    kept = cast("dict[Place, Place]", package.kept.setdefault("wholes", {}))
    found = kept.get(place)
    if found is None:
        found = kept[place] = _back_to_whole(place, package)
    return found


def _back_to_whole(place: Place, package: Package) -> Place:
    """Return what ``place`` is, also if it leads by a part back to the whole."""
    found = _back(_given_to(place) or place, package)
    if found.root.kind in (Kind.LOCAL, Kind.RANGE):
        origin = traced_back(found)
        again = found if origin is None else _back(origin, package)
        return again if again.is_one else found
    return found


def _given_to(place: Place) -> Place | None:
    """Return ``c`` for ``m.client`` after ``m := &wrapper{client: c}`` or ``m := wrap(c)``."""
    root = place.root
    if root.kind is not Kind.LOCAL or not place.path or n.is_set_again(root):
        return None
    found = _put_there(root.value, place.path[0])
    return None if found is None else found.to(*place.path[1:])


def _put_there(made: n.Expression | None, name: str) -> Place | None:
    """Return what is in the field ``name`` of what ``made`` makes."""
    if isinstance(made, n.Unary):
        made = made.operand
    if isinstance(made, n.Composite):
        return place_of(made.values[made.keys.index(name)]) if name in made.keys else None
    function = callee(made) if isinstance(made, n.Call) else None
    if function is None or not isinstance(made, n.Call):
        return None
    values = [each.values[0] for each in function.all(n.Return) if each.values]
    if len(values) != 1 or isinstance(values[0], n.Call):
        return None
    inner = _put_there(values[0], name)
    return None if inner is None else moved(inner, bound(made, function), function)


def _is_named_after(name: str, type_: str) -> bool:
    """Tell whether a field is called after its type: ``store``, ``cc`` of ``clientConn``."""
    initials = "".join(re.findall(r"^[a-z]|[A-Z]", type_)).lower()
    name, type_ = name.lower(), type_.lower()
    return name == initials or type_.startswith(name) or (len(name) > _SHORT and name in type_)


def _back(place: Place, package: Package) -> Place:
    """Return ``s`` for ``s.replicas[*].store``, of the same type as ``s``.

    A pointer from a part to the whole that it was reached from is, in nearly all code, to the very
    same whole, if it is called after it: ``store`` of type ``Store``. Not so where whole and part
    are of one type, as in a list, or where the pointer has another name, as ``edge.to``.
    """
    if len(place.path) < 2:
        return place
    types = [base_of(type_at(package, Place(place.root)))]
    for count in range(1, len(place.path) + 1):
        here = base_of(type_at(package, Place(place.root, place.path[:count])))
        back = types.index(here) if here and here in types else None
        parts = [each for each in types[(back or 0) + 1 :] if each]
        is_back = back is not None and parts and here not in parts
        if back is not None and is_back and _is_named_after(place.path[count - 1], here):
            rest = place.path[count:]
            return _back(Place(place.root, (*place.path[:back], *rest)), package)
        types.append(here)
    return place
