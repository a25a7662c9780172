"""Follows one channel through its package: from its ``make`` to all that is done with it."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._channel import Channel, Does, Operation
from snowshed.lint._go._mentions import (
    ElementOf,
    FieldOf,
    Keep,
    Mentions,
    ResultOf,
    undirected,
)
from snowshed.lint._go._scope import Kind, Variable
from snowshed.lint._go._types import callee, is_channel, owner_of, type_of

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function

__all__ = ["Follower", "is_target"]

_RECEIVES_ONLY = re.compile(r"^<-\s*chan\b")
_SENDS_ONLY = re.compile(r"^chan\s*<-")
_IGNORED = frozenset({"print", "println", "panic", "delete", "clear"})


class Follower:
    """Follows one channel through its package."""

    def __init__(self, mentions: Mentions, channel: Channel) -> None:
        self.mentions = mentions
        self.package = mentions.package
        self.channel = channel
        self.waiting: deque[Keep] = deque()
        self.seen: set[int] = set()
        self.keep: Keep | None = None
        self.is_sure = True
        self.doubtful: set[Keep] = set()

    def followed(self) -> Channel:
        self.follow(self.channel.made)
        while self.waiting:
            self.keep = self.waiting.popleft()
            self.is_sure = self.keep not in self.doubtful
            self.look(self.keep)
        self.channel.operations.sort(
            key=lambda each: (each.function.file.source.path, each.node.start)
        )
        return self.channel

    # Places

    def into(self, place: Keep) -> None:
        if place not in self.channel.keeps:
            self.channel.keeps.add(place)
            self.waiting.append(place)
            if not self.is_sure:
                self.doubtful.add(place)

    def look(self, place: Keep) -> None:
        """Follow it from where it is kept."""
        match place:
            case Variable():
                self._variable(place)
            case FieldOf():
                self._field(place)
            case ElementOf():
                self._element(place)
            case ResultOf():
                self._result(place)

    def _variable(self, variable: Variable) -> None:
        if variable.type_ and not self._holds(variable.type_):
            self.escape()
        if variable.kind is Kind.RESULT and variable.function is not None:
            self._named_result(variable)
        if variable.kind is Kind.PACKAGE and self.mentions.is_open(variable.name):
            self.escape(variable.type_)
        for use in variable.uses:
            if not is_target(use):
                self.follow(use)

    def _holds(self, type_: str) -> bool:
        """Tell whether a variable of a type may hold a channel, and nothing else."""
        known = self.package.types.get(type_, type_)
        return is_channel(known) or "chan" in known

    def _named_result(self, variable: Variable) -> None:
        function = variable.function
        if function is None:
            return
        named = [each for each in function.variables if each.kind is Kind.RESULT]
        if len(named) == len(function.results):
            self.into(ResultOf(function, named.index(variable)))
        else:
            self.escape()

    def _field(self, place: FieldOf) -> None:
        if self.mentions.is_open(place.name) and self.mentions.is_open(place.owner):
            struct = self.package.structs.get(place.owner)
            self.escape("" if struct is None else struct.fields.get(place.name, ""))
        for selector, is_sure in self.mentions.of_field(place):
            if not is_target(selector):
                self.is_sure = is_sure and place not in self.doubtful
                self.follow(selector)

    def _element(self, place: ElementOf) -> None:
        for each in self.mentions.elements.get(place.type_, ()):
            if isinstance(each, Variable):
                self.into(each)
            elif not is_target(each):
                self.follow(each)
        if self.mentions.elements.get(""):
            self.escape()

    def _result(self, place: ResultOf) -> None:
        function = place.function
        type_ = function.results[place.place] if place.place < len(function.results) else ""
        if not function.name:
            self._literal_result(place, type_)
            return
        if self.mentions.is_open_to_call(function) or self.mentions.is_value(function):
            self.escape(type_)
        for call, is_sure in self.mentions.calls_of(function):
            self.is_sure = is_sure and place not in self.doubtful
            self.returned(call, place.place)

    def _literal_result(self, place: ResultOf, type_: str) -> None:
        for function in self.mentions.functions:
            for call in function.all(n.Call):
                if callee(call) is place.function:
                    self.returned(call, place.place)
        self.escape(type_)

    def returned(self, call: n.Call, place: int) -> None:
        """Follow a result of ``call``."""
        parent = call.parent
        if isinstance(parent, n.Assign | n.Var) and len(parent.right) == 1 < len(parent.left):
            self.store(parent.left[place] if place < len(parent.left) else None)
        elif isinstance(parent, n.Return) and len(parent.values) == 1 and place > 0:
            self.into(ResultOf(call.function, place))
        elif place > 0:
            self.escape()
        else:
            self.follow(call)

    # Expressions

    def follow(self, node: n.Expression) -> None:
        """See what is done with the channel that ``node`` is."""
        if id(node) in self.seen:
            return
        self.seen.add(id(node))
        parent = node.parent
        match parent:
            case n.Receive():
                self.add(Does.RECEIVE, parent)
            case n.Send() if parent.channel is node:
                self.add(Does.SEND, parent)
            case n.For() if parent.ranged is node:
                self.add(Does.RANGE, parent)
            case n.Binary() | n.If() | n.Switch() | n.Case() | n.Expressed():
                pass
            case _:
                self._moves(parent, node)

    def _moves(self, parent: n.Node | None, node: n.Expression) -> None:
        """Follow it to where it is put, handed or returned."""
        match parent:
            case n.Call():
                self._call(parent, node)
            case n.Assign() | n.Var():
                self._assigned(parent, node)
            case n.Send():
                self.contained(parent.channel, node)
            case n.Composite():
                self._composite(parent, node)
            case n.Return():
                self.into(ResultOf(parent.function, parent.values.index(node)))
            case n.Selector():
                self._method(parent)
            case _:
                self.escape(type_of(node))

    def add(self, does: Does, node: n.Node) -> None:
        case = node.parent
        while case is not None and not isinstance(case, n.Case | n.Block):
            case = case.parent
        is_case = isinstance(case, n.Case) and isinstance(case.parent, n.Select)
        found = case if isinstance(case, n.Case) and is_case and _communicates(case, node) else None
        self.channel.operations.append(Operation(does, node, self.is_sure, found, self.keep))

    def escape(self, type_: str = "") -> None:
        """Take it that somebody outside gets it, with what its type there allows."""
        type_ = self.package.types.get(type_, type_)
        if not _SENDS_ONLY.match(type_):
            self.channel.receives_outside = True
        if not _RECEIVES_ONLY.match(type_):
            self.channel.sends_outside = True

    def store(self, target: n.Expression | None) -> None:
        """Follow it into what is assigned to."""
        match target:
            case None:
                self.escape()
            case n.Name(name="_"):
                pass
            case n.Name(variable=variable) if variable is not None:
                self.into(variable)
            case n.Selector(operand=operand, field_=name):
                owner = owner_of(self.package, type_of(operand), name)
                if owner:
                    self.into(FieldOf(owner, name))
                else:
                    self.escape()
            case n.Index():
                self.contained(target.operand, target)
            case _:
                self.escape()

    def contained(self, container: n.Expression | None, node: n.Expression) -> None:
        """Follow it into a slice, map or channel of channels."""
        if container is None or self._is_handed_on(container):
            self.escape(type_of(node))
        self.into(ElementOf(undirected(type_of(node)) or "?"))

    def _is_handed_on(self, container: n.Expression) -> bool:
        """Tell whether somebody outside may get what holds channels."""
        match container:
            case n.Name(variable=variable) if variable is not None:
                named: list[n.Expression] = [*variable.uses]
            case n.Selector(operand=operand, field_=name):
                owner = owner_of(self.package, type_of(operand), name)
                if not owner or self.mentions.is_open(name):
                    return True
                named = [each for each, _ in self.mentions.of_field(FieldOf(owner, name))]
            case _:
                return True
        return not all(map(_stays, named))

    def _assigned(self, parent: n.Assign | n.Var, node: n.Expression) -> None:
        if node in parent.right and len(parent.left) == len(parent.right):
            self.store(parent.left[parent.right.index(node)])
        elif node not in parent.left:
            self.escape(type_of(node))

    def _composite(self, parent: n.Composite, node: n.Expression) -> None:
        type_ = _composite_type(parent)
        place = next(at for at, each in enumerate(parent.values) if each is node)
        key = parent.keys[place]
        struct = self.package.structs.get(type_.strip("*&").partition("[")[0])
        if struct is not None and not type_.startswith(("[", "map[")):
            name = key if key is not None else [*struct.fields, *[""] * 99][place]
            self.into(FieldOf(struct.name, name))
        elif type_.startswith(("[", "map[")) and is_channel(type_of(node)):
            self.contained(_target_of(parent), node)
        else:
            self.escape(type_of(node))

    def _call(self, call: n.Call, node: n.Expression) -> None:
        name = call.called.name if isinstance(call.called, n.Name) else ""
        if call.called is node or name in _IGNORED:
            return
        if name == "close":
            self.add(Does.CLOSE, call)
        elif name in {"len", "cap"}:
            self.add(Does.LENGTH, call)
        elif name == "append":
            self.contained(_target_of(call), node)
        elif self._is_conversion(call):
            self.follow(call)
        else:
            self._passed(call, node)

    def _is_conversion(self, call: n.Call) -> bool:
        called = call.called
        if isinstance(called, n.Type):
            return is_channel(called.name)
        if not isinstance(called, n.Name) or called.variable is not None:
            return False
        return is_channel(self.package.types.get(called.name, ""))

    def _passed(self, call: n.Call, node: n.Expression) -> None:
        place = next((at for at, each in enumerate(call.arguments) if each is node), None)
        function = callee(call)
        if function is None or place is None:
            if not self._is_own_interface(call):
                self.escape(type_of(node))
            self._perhaps(call, place)
            return
        self._enter(call, function, place)

    def _perhaps(self, call: n.Call, place: int | None) -> None:
        """Follow it into the methods that a call of an interface may call."""
        if place is None or not isinstance(call.called, n.Selector):
            return
        for function in self.package.methods(call.method):
            if len(function.parameters) > place:
                sure, self.is_sure = self.is_sure, False
                self._enter(call, function, place)
                self.is_sure = sure

    def _is_own_interface(self, call: n.Call) -> bool:
        """Tell whether all that a call may call is in the package: a method of its interface."""
        if not isinstance(call.called, n.Selector) or self.mentions.is_open(call.method):
            return False
        known = self.package.types.get(type_of(call.called.operand).strip("*"), "")
        return known.startswith("interface") and call.method in known

    def _enter(self, call: n.Call, function: Function, place: int) -> None:
        _ = function.body  # its names are known once it was read
        parameters = function.parameters
        if place >= len(parameters):
            parameter = parameters[-1] if parameters else None
        else:
            parameter = parameters[place]
        if parameter is None:
            self.escape()
            return
        if parameter.type_.startswith("[]"):
            self.into(ElementOf(undirected(parameter.type_[2:])))
        self.channel.entries.setdefault(parameter, []).append(call)
        self.into(parameter)

    def _method(self, selector: n.Selector) -> None:
        """Follow it into a method of its own type."""
        call = selector.parent
        function = callee(call) if isinstance(call, n.Call) and call.called is selector else None
        if function is None or function.receiver is None or not isinstance(call, n.Call):
            self.escape()
            return
        self.channel.entries.setdefault(function.receiver, []).append(call)
        self.into(function.receiver)


def _stays(node: n.Expression) -> bool:
    """Tell whether nothing is done where a container is named but to look into it."""
    parent = node.parent
    if isinstance(parent, n.Call):
        return parent.method in {"append", "len", "cap", "close", "delete", "clear"}
    looks = n.Receive | n.Send | n.For | n.Index | n.Assign | n.Var | n.Binary
    return isinstance(parent, looks) and not (isinstance(parent, n.Send) and parent.value is node)


def _target_of(node: n.Expression) -> n.Expression | None:
    """Return what ``node`` is assigned to as it is."""
    parent = node.parent
    if not isinstance(parent, n.Assign | n.Var) or node not in parent.right:
        return None
    place = parent.right.index(node)
    return parent.left[place] if len(parent.left) == len(parent.right) else None


def _communicates(case: n.Case, node: n.Node) -> bool:
    """Tell whether ``node`` is what the case waits for, and not in what it does."""
    stated = case.communication
    if stated is node:
        return True
    received = case.received
    return received is node


def _composite_type(composite: n.Composite) -> str:
    """Return the type of a composite; an element without one has that of what it stands in."""
    if composite.type_:
        return composite.type_
    parent = composite.parent
    if not isinstance(parent, n.Composite):
        return ""
    outer = _composite_type(parent)
    if outer.startswith("map["):
        return outer.partition("]")[2]
    return outer.partition("]")[2] if outer.startswith("[") else ""


def is_target(node: n.Expression) -> bool:
    """Tell whether something is set there, and not read."""
    parent = node.parent
    return isinstance(parent, n.Assign | n.Var) and node in parent.left
