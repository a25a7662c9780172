"""Wait groups and condition variables: who is meant, and where something is called on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._mentions import FieldOf
from snowshed.lint._go._scope import Kind, Variable
from snowshed.lint._go._types import callee, owner_of, type_of

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["COND", "WAIT_GROUP", "Group", "groups_of", "who"]

WAIT_GROUP = "sync.WaitGroup"
COND = "sync.Cond"


@dataclass(slots=True, eq=False)
class Group:
    """A wait group or a condition variable.

    Attributes:
        who: the variable that holds it, or the field of a struct type.
        name: what it is called where it is first seen.
        calls: what is called on it, by the name of the method.
        is_open: whether somebody who is not seen may call something on it.
    """

    who: Variable | FieldOf
    name: str
    calls: dict[str, list[n.Call]] = field(default_factory=lambda: defaultdict(list))
    is_open: bool = False

    def of(self, *methods: str) -> list[n.Call]:
        """Return the calls of some methods."""
        return [each for method in methods for each in self.calls.get(method, ())]


def groups_of(package: Package, type_: str) -> list[Group]:
    """Return the variables and fields of ``type_``, or of pointers to it; it is worked out once."""
    found = package.kept.get(type_)
    if not isinstance(found, list):
        found = package.kept[type_] = list(_Reader(package, type_).groups())
    return found


def who(expression: n.Expression, package: Package) -> Variable | FieldOf | None:
    """Return what an expression names: a variable, or a field of a struct of the package."""
    match expression:
        case n.Unary(operator="&" | "*", operand=operand):
            return who(operand, package)
        case n.Name(variable=variable):
            return variable
        case n.Selector(operand=operand, field_=name):
            owner = owner_of(package, type_of(operand), name)
            return FieldOf(owner, name) if owner else None
        case _:
            return None


class _Reader:
    def __init__(self, package: Package, type_: str) -> None:
        self.package = package
        self.type = type_
        self.found: dict[Variable | FieldOf, Group] = {}

    def groups(self) -> Iterator[Group]:
        type_ = self.type.rpartition(".")[2].encode()
        if not any(type_ in file.source.content for file in self.package.files):
            return
        names = {
            name
            for struct in self.package.structs.values()
            for name, of in struct.fields.items()
            if self._is_it(of)
        }
        words = {name.encode() for name in names}
        for named in self.package.functions:
            if type_ not in named.code and words.isdisjoint(named.words):
                continue
            for function in named.family():
                self._variables(function)
                for selector in function.all(n.Selector):
                    if selector.field_ in names and self._is_it(type_of(selector)):
                        self._named(selector)
        yield from self.found.values()

    def _variables(self, function: Function) -> None:
        given = [*function.parameters, *function.variables]
        for variable in dict.fromkeys(given):
            if not self._is_it(variable.type_ or self._made(variable.value)):
                continue
            for use in variable.uses:
                self._named(use)
            if variable.kind is Kind.PARAMETER and variable in self.found:
                self.found[variable].is_open = True

    def _made(self, value: n.Expression | None) -> str:
        if isinstance(value, n.Call) and value.path == "sync.NewCond":
            return COND
        return type_of(value)

    def _is_it(self, type_: str) -> bool:
        return type_.lstrip("*&") == self.type

    def _named(self, node: n.Expression) -> None:
        key = who(node, self.package)
        if key is None:
            return
        group = self.found.setdefault(key, Group(key, n.path_of(node)))
        if isinstance(key, FieldOf) and key.name[:1].isupper() and self.package.name != "main":
            group.is_open = True
        parent = node.parent
        call = parent.parent if isinstance(parent, n.Selector) else None
        if isinstance(parent, n.Selector) and isinstance(call, n.Call) and call.called is parent:
            if call not in group.calls[call.method]:
                group.calls[call.method].append(call)
        elif not self._is_harmless(node):
            group.is_open = True

    def _is_harmless(self, node: n.Expression) -> bool:
        """Tell whether nobody gets it where it is named without a call on it."""
        parent = node.parent
        if isinstance(parent, n.Selector):
            return parent.operand is node and parent.field_ == "L"
        if isinstance(parent, n.Binary):
            return True
        if isinstance(parent, n.Assign | n.Var) and node in parent.left:
            return True
        if isinstance(parent, n.Unary):
            return self._is_harmless(parent)
        return isinstance(parent, n.Call) and self._is_seen(parent, node)

    def _is_seen(self, call: n.Call, node: n.Expression) -> bool:
        """Tell whether what a call does with it is seen, and take that in."""
        function = callee(call)
        place = next((at for at, each in enumerate(call.arguments) if each is node), None)
        if function is None or place is None or place >= len(function.parameters):
            return False
        parameter = function.parameters[place]
        _ = function.body  # its names are known once it was read
        group = self.found[key] if (key := who(node, self.package)) in self.found else None
        if group is None:
            return False
        for use in parameter.uses:
            parent = use.parent
            outer = parent.parent if isinstance(parent, n.Selector) else None
            if isinstance(parent, n.Binary):
                continue
            if not isinstance(parent, n.Selector) or not isinstance(outer, n.Call):
                return False
            if outer not in group.calls[outer.method]:
                group.calls[outer.method].append(outer)
        return True
