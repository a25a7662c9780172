"""Where a channel may be kept, and all that is written in a package about such a keep.

A channel is made in one function, kept in a field by a second and waited for by a third. Who wants
to know what is done with it has to follow it: from the ``make`` to the variable, from there to
the parameter of the function that gets it, to the field that it is put in, to each place where that
field is named. This file says what keeps it and where that is named; ``_channels`` follows.

What keeps it is a variable, a field of a struct type (of all values of the type: which of two is
meant syntax cannot tell), an element of a slice, map or channel of channels (of all that have
elements of the type), or a result of a function.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._scope import Variable
from snowshed.lint._go._types import callee, field_type, is_channel, owner_of, type_of

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["ElementOf", "FieldOf", "Keep", "Mentions", "ResultOf", "mentions_of", "undirected"]

_WORDS = re.compile(r"\w+")
_CHANNEL = re.compile(rb"\bchan\b")
_DIRECTION = re.compile(r"^(?:<-\s*)?chan\b\s*(?:<-\s*)?")


@dataclass(frozen=True, slots=True)
class FieldOf:
    """Field ``name`` of the struct type ``owner``."""

    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class ElementOf:
    """What a slice, map or channel with elements of ``type_`` holds."""

    type_: str


@dataclass(frozen=True, slots=True)
class ResultOf:
    """The ``place``-th result of ``function``."""

    function: Function
    place: int


Keep = Variable | FieldOf | ElementOf | ResultOf


def undirected(type_: str) -> str:
    """Return a type of channel without its direction: each kind may be kept as another."""
    return _DIRECTION.sub("chan ", type_) if is_channel(type_) else type_


class Mentions:
    """All that functions of a package write about channels, by name."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.functions = tuple(part for each in _chosen(package) for part in each.family())
        self.is_closed = package.name == "main"
        """Whether no other package can name what begins with a capital letter."""

    @cached_property
    def selectors(self) -> dict[str, list[n.Selector]]:
        """Each ``x.name``, by name."""
        found = defaultdict(list)
        for function in self.functions:
            for each in function.all(n.Selector):
                found[each.field_].append(each)
        return found

    @cached_property
    def calls(self) -> dict[str, list[n.Call]]:
        """Each call, by the last name of what is called."""
        found = defaultdict(list)
        for function in self.functions:
            for each in function.all(n.Call):
                found[each.method].append(each)
        return found

    @cached_property
    def free(self) -> dict[str, list[n.Name]]:
        """Each name that is no variable, such as that of a function, by name."""
        found = defaultdict(list)
        for function in self.functions:
            for each in function.all(n.Name):
                if each.variable is None:
                    found[each.name].append(each)
        return found

    @cached_property
    def elements(self) -> dict[str, list[n.Expression | Variable]]:
        """What reads an element that is a channel, by its type; under ``""`` what may read one."""
        found: dict[str, list[n.Expression | Variable]] = defaultdict(list)
        for function in self.functions:
            for each in _elements(function):
                type_ = type_of(each.declared if isinstance(each, Variable) else each)
                uses = each.uses if isinstance(each, Variable) else [each]
                if is_channel(type_):
                    found[undirected(type_)].append(each)
                elif not type_ and any(map(_is_used_as_channel, uses)):
                    found[""].append(each)
        return found

    def of_field(self, keep: FieldOf) -> Iterator[tuple[n.Selector, bool]]:
        """Yield where a field is named, and whether that is sure."""
        for each in self.selectors.get(keep.name, ()):
            owner = type_of(each.operand)
            if not owner:
                # A package, or a value of which nothing is known.
                if not _is_package(each.operand):
                    yield each, False
            elif owner_of(self.package, owner, keep.name) == keep.owner:
                yield each, True

    def calls_of(self, function: Function) -> Iterator[tuple[n.Call, bool]]:
        """Yield the calls of a function with a name, and whether it is sure that they are."""
        for each in self.calls.get(function.name, ()):
            found = callee(each)
            if found is function:
                yield each, True
            elif found is None and _may_call(each, function):
                yield each, False

    def is_value(self, function: Function) -> bool:
        """Tell whether a function is named somewhere without being called."""
        if function.receiver_type:
            return any(
                not n.is_called(each)
                and not field_type(self.package, type_of(each.operand), each.field_)
                for each in self.selectors.get(function.name, ())
            )
        return any(not n.is_called(each) for each in self.free.get(function.name, ()))

    def is_open(self, name: str) -> bool:
        """Tell whether other packages can use what is called ``name``."""
        return not self.is_closed and name[:1].isupper()

    def is_open_to_call(self, function: Function) -> bool:
        """Tell whether other packages can call ``function``.

        A method of a type that they cannot name they reach by an interface only; one that the
        package itself calls is mostly for that.
        """
        if not self.is_open(function.name):
            return False
        owner = function.receiver_type
        if not owner or self.is_open(owner) or owner in self._shown:
            return True
        if any(f"{function.name}(" in each for each in self.package.types.values()):
            return True
        return not any(is_sure for _, is_sure in self.calls_of(function))

    @cached_property
    def _shown(self) -> set[str]:
        """The words in what other packages can see: of results, fields, what is embedded."""
        shown = {
            each for one in self.package.functions if self.is_open(one.name) for each in one.results
        }
        for name, struct in self.package.structs.items():
            if self.is_open(name):
                shown |= {*struct.embedded}
                shown |= {each for field, each in struct.fields.items() if self.is_open(field)}
        return {word for each in shown for word in _WORDS.findall(each)}


def _elements(function: Function) -> Iterator[n.Expression | Variable]:
    """Yield what reads an element of anything."""
    yield from function.all(n.Index)
    yield from function.all(n.Receive)
    for loop in function.all(n.For):
        for key in loop.keys:
            if isinstance(key, n.Name) and key.variable is not None:
                yield key.variable


def _words(package: Package) -> set[bytes]:
    """Return the names by which a function may get at a channel."""
    found = {b"chan"}
    for struct in package.structs.values():
        found |= {name.encode() for name, type_ in struct.fields.items() if _has(type_, package)}
    types = {name.encode() for name, type_ in package.types.items() if "chan" in type_}
    found |= types
    found |= {
        name.encode() for name, each in package.variables.items() if _has(each.type_, package)
    }
    for function in package.functions:
        head = function.code.partition(b"{")[0]
        if b"chan" in head or any(name in head for name in types):
            found.add(function.name.encode())
    return found - {b"", b"_"}


def _has(type_: str, package: Package) -> bool:
    """Tell whether a type is a channel, has such elements, or is a name for one of those."""
    return "chan" in type_ or "chan" in package.types.get(type_.strip("*[]"), "")


def _chosen(package: Package) -> list[Function]:
    """Return the functions with a name that may get at a channel."""
    if not any(_CHANNEL.search(file.source.content) for file in package.files):
        return []
    words = _words(package)
    return [
        each for each in package.functions if b"<-" in each.code or not words.isdisjoint(each.words)
    ]


def _is_used_as_channel(node: n.Expression) -> bool:
    parent = node.parent
    if isinstance(parent, n.Receive):
        return True
    if isinstance(parent, n.Send):
        return parent.channel is node
    return isinstance(parent, n.Call) and parent.method == "close" and node in parent.arguments


def _is_package(operand: n.Expression) -> bool:
    return (
        isinstance(operand, n.Name)
        and operand.variable is None
        and operand.name in operand.function.file.imports
    )


def _may_call(call: n.Call, function: Function) -> bool:
    """Tell whether a call of something unknown may be one of ``function``, by its name."""
    if isinstance(call.called, n.Selector):
        return bool(function.receiver_type) and not _is_package(call.called.operand)
    return False


def mentions_of(package: Package) -> Mentions:
    """Return what a package writes about channels, which is worked out once."""
    found = package.kept.get("mentions")
    if not isinstance(found, Mentions):
        found = package.kept["mentions"] = Mentions(package)
    return found
