"""Goroutines that a function starts, and what ties them to it: who waits, what ends them.

A ``go`` statement says none of it. It is in what the goroutine and the function that starts it both
name: a group whose ``Wait`` is called, a channel that one sends to and the other receives from, a
pipe, a context that ends with the function. What is handed on to others together with the
goroutine may be waited for there: that is no proof, and told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._handlers import handler_of
from snowshed.lint._go._types import callee, is_channel, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package
    from snowshed.lint._go._scope import Variable

__all__ = ["Bond", "Spawn", "bond_of", "spawns", "spawns_in", "variable_of", "within"]


class Bond(IntEnum):
    """What ties a goroutine to the function that starts it, the weakest first."""

    NONE = 0
    """Nothing: when the function has returned nobody knows of it."""
    TRACKED = 1
    """Something that outlives the function counts it, or may wait for it."""
    ENDED = 2
    """It ends when the function, or the request, has."""
    JOINED = 3
    """The function waits for it."""


@dataclass(eq=False)
class Spawn:
    """A statement that starts a goroutine.

    Attributes:
        node: ``go f()``, or the call ``group.Go(f)``.
        call: what is called in the goroutine; None of ``group.Go``.
        runs: the function that runs, if it is known.
        group: the ``group`` of ``group.Go``; None of ``go``.
    """

    node: n.Go | n.Call
    call: n.Call | None
    runs: Function | None
    group: n.Expression | None = None

    @property
    def function(self) -> Function:
        """Who starts it."""
        return self.node.function

    @cached_property
    def bond(self) -> Bond:
        """What ties it to its function, and to those that this is a literal of."""
        return bond_of(self)

    @cached_property
    def loop(self) -> n.For | None:
        """The innermost loop that it stands in."""
        return next((each for each in n.inside(self.node) if isinstance(each, n.For)), None)

    @property
    def words(self) -> str:
        """What it is, as the source says it: ``go s.audit(...)``, ``go func``, ``group.Go``."""
        if self.call is None:
            return f"{n.path_of(self.group)}.Go" if self.group is not None else "Go"
        return f"go {self.call.path}(...)" if self.call.path else "go func"

    def covers(self, node: n.Node) -> bool:
        """Tell whether ``node`` is done by the goroutine, and not by who starts it."""
        if node.function.file is not self.function.file:
            return False
        if self.node.start <= node.start < self.node.end:
            return True
        return self.runs is not None and self.runs.start <= node.start < self.runs.end

    @cached_property
    def body(self) -> Sequence[n.Node]:
        """All that it does, as far as a literal or a function of the package tells."""
        if self.runs is None:
            return ()
        return [each for part in self.runs.family() for each in n.walk(part.body)]

    @cached_property
    def _names(self) -> dict[str, str]:
        """What the parameters of the function that runs are called where it is started."""
        if self.runs is None or self.call is None:
            return {}
        given = [n.path_of(each) for each in self.call.arguments]
        found = {each.name: path for each, path in zip(self.runs.parameters, given, strict=False)}
        if self.runs.receiver is not None and isinstance(self.call.called, n.Selector):
            found[self.runs.receiver.name] = n.path_of(self.call.called.operand)
        return found

    def outside(self, path: str) -> str:
        """Return how a ``path`` of the goroutine is called where it is started, or empty."""
        first = re.split(r"[.\[(]", path, maxsplit=1)[0]
        if first in self._names:
            given = self._names[first]
            return f"{given}{path[len(first) :]}" if given else ""
        return path if self.runs is None or self.runs.outer is not None else ""

    @cached_property
    def shared(self) -> frozenset[str]:
        """The paths that it names, as they are called where it is started."""
        found: set[str] = set()
        if self.call is not None:
            heads = [*self.call.arguments]
            if isinstance(self.call.called, n.Selector):
                heads.append(self.call.called.operand)
            found.update(_path for each in heads for _path in _paths(n.walk(each)))
        found.update(filter(None, map(self.outside, _paths(self.body))))
        if self.group is not None:
            found.add(n.path_of(self.group))
        return frozenset(found)


def _paths(nodes: Sequence[n.Node] | Iterator[n.Node]) -> Iterator[str]:
    for each in nodes:
        if isinstance(each, n.Name | n.Selector | n.Index):
            path = n.path_of(each)
            if path:
                yield path


def spawns(package: Package, *, tests: bool = False) -> Sequence[Spawn]:
    """Return all goroutines that functions of ``package`` start; worked out once.

    Args:
        package: whose functions.
        tests: whether those of its tests are among them.
    """
    name = "spawns, tests" if tests else "spawns"
    found = package.kept.get(name)
    if not isinstance(found, tuple):
        found = package.kept[name] = tuple(
            spawn
            for function in package.interesting
            if (tests or not function.file.source.is_test) and _starts(function.code)
            for spawn in spawns_in(function)
        )
    return found


def _starts(code: bytes) -> bool:
    return b"go " in code or b".Go(" in code


def spawns_in(function: Function) -> Iterator[Spawn]:
    """Yield what ``function`` starts, its literals left out, in the order of the source."""
    for each in function.all(n.Go):
        if isinstance(each.call, n.Call):
            yield Spawn(each, each.call, callee(each.call))
    if b".Go(" not in function.code:
        return
    for call in function.all(n.Call):
        if call.method == "Go" and len(call.arguments) == 1 and isinstance(call.called, n.Selector):
            runs = call.arguments[0]
            literal = runs.literal if isinstance(runs, n.FunctionLiteral) else None
            yield Spawn(call, None, literal, call.called.operand)


_JOINS = frozenset({"Wait", "WaitContext", "WaitTimeout", "Join", "Await"})
_PIPES = frozenset({"io.Pipe", "net.Pipe", "os.Pipe"})
_WAITABLE = re.compile(r"\*?(?:sync\.WaitGroup|errgroup\.Group|io\.Pipe(?:Reader|Writer))$")
_MADE_WITH = re.compile(r"context\.With(?:Cancel|Timeout|Deadline)\w*$|signal\.NotifyContext$")


def bond_of(spawn: Spawn, *, inside: n.Node | None = None) -> Bond:
    """Return what ties the goroutine to its function.

    Args:
        spawn: the goroutine.
        inside: only what stands in there counts, such as one turn of a loop; None: all that the
            function does, and those that it is a literal of.
    """
    around = [each for each in _around(spawn.function, inside) if not spawn.covers(each)]
    found = max((_tie(each, spawn) for each in around), default=Bond.NONE)
    if found < Bond.JOINED and _is_piped(spawn, around):
        return Bond.JOINED
    if found < Bond.ENDED and _ends_with_it(spawn, around):
        return Bond.ENDED
    if found < Bond.TRACKED and _is_counted(spawn):
        return Bond.TRACKED
    return found


def _around(function: Function, inside: n.Node | None) -> Iterator[n.Node]:
    if inside is not None:
        yield from within(inside)
        return
    top = function
    while top.outer is not None and handler_of(top) is None:
        top = top.outer
    for part in top.family():
        yield from n.walk(part.body)


def within(node: n.Node) -> Iterator[n.Node]:
    """Yield what ``node`` consists of, and what the literals in it do."""
    for each in n.walk(node):
        yield each
        if isinstance(each, n.FunctionLiteral):
            yield from within(each.literal.body)


def _tie(node: n.Node, spawn: Spawn) -> Bond:
    joined = False
    match node:
        case n.Receive(channel=channel):
            joined = n.path_of(channel) in spawn.shared
        case n.For(ranged=ranged) if ranged is not None:
            joined = n.path_of(ranged) in spawn.shared and is_channel(type_of(ranged))
        case n.Call(called=n.Selector(operand=operand, field_=name)) if name in _JOINS:
            joined = n.path_of(operand) in spawn.shared
    if joined or (isinstance(node, n.Call) and _is_received_by(node, spawn)):
        return Bond.JOINED
    return Bond.TRACKED if any(_is_handed_on(each, spawn) for each in _given(node)) else Bond.NONE


def _is_received_by(call: n.Call, spawn: Spawn) -> bool:
    """Tell whether ``call`` hands a channel of the goroutine's to who receives from it."""
    places = [
        place
        for place, each in enumerate(call.arguments)
        if n.path_of(each) in spawn.shared and is_channel(type_of(each))
    ]
    called = callee(call) if places else None
    if called is None:
        return False
    _ = called.body  # or nothing is known of the uses
    taken = [called.parameters[place] for place in places if place < len(called.parameters)]
    return any(
        isinstance(use.parent, n.Receive)
        or (isinstance(use.parent, n.For) and use.parent.ranged is use)
        for variable in taken
        for use in variable.uses
    )


def _given(node: n.Node) -> Sequence[n.Expression]:
    """Return what ``node`` hands on to somebody."""
    match node:
        case n.Call(path="close" | "cap" | "len" | "make"):
            return ()
        case n.Call(arguments=values) | n.Return(values=values) | n.Composite(values=values):
            return values
        case n.Assign(left=left, right=right) if any(not isinstance(each, n.Name) for each in left):
            return right
        case n.Send(value=value):
            return [value]
        case _:
            return ()


def _is_handed_on(value: n.Expression, spawn: Spawn) -> bool:
    path = n.path_of(value)
    return path in spawn.shared and bool(path) and _is_waitable(value)


def _is_waitable(expression: n.Expression) -> bool:
    """Tell whether one can wait for a goroutine by ``expression``."""
    type_ = type_of(expression)
    return is_channel(type_) or _WAITABLE.match(type_) is not None


def variable_of(expression: n.Expression | None) -> Variable | None:
    """Return the variable that ``expression`` is, or is a part of."""
    at = expression
    while isinstance(at, n.Unary | n.Selector | n.Index):
        at = at.operand
    return at.variable if isinstance(at, n.Name) else None


def _is_piped(spawn: Spawn, around: Sequence[n.Node]) -> bool:
    """Tell whether it writes to a pipe that its function reads, or the other way round."""
    pipes = {
        variable.source
        for each in spawn.body
        if isinstance(each, n.Name) and (variable := each.variable) is not None
        if isinstance(variable.source, n.Call) and variable.source.path in _PIPES
    }
    return bool(pipes) and any(
        isinstance(each, n.Name) and each.variable is not None and each.variable.source in pipes
        for each in around
    )


def _ends_with_it(spawn: Spawn, around: Sequence[n.Node]) -> bool:
    """Tell whether it waits for something that its function, or the end of the request, does."""
    waits = {spawn.outside(n.path_of(each)) for each in _waited(spawn.body)} - {""}
    if not waits:
        return False
    closed = {
        n.path_of(each.arguments[0])
        for each in around
        if isinstance(each, n.Call) and each.path == "close" and each.arguments
    }
    return bool(waits & closed) or any(_is_own(path, spawn.function) for path in waits)


def _waited(body: Sequence[n.Node]) -> Iterator[n.Expression]:
    for each in body:
        if isinstance(each, n.Receive):
            yield each.channel
        elif isinstance(each, n.For) and each.ranged is not None and n.path_of(each.ranged):
            yield each.ranged


def _is_own(path: str, function: Function) -> bool:
    """Tell whether ``path`` is the end of a context that the function was given or has made."""
    owner = path.removesuffix(".Done()")
    if owner == path:
        return False
    at: Function | None = function
    while at is not None:
        handler = handler_of(at)
        if handler is not None and owner == handler.context:
            return True
        for each in at.variables:
            if each.name == owner:
                return _is_given(each)
        at = at.outer
    return False


def _is_given(variable: Variable) -> bool:
    if variable.type_ == "context.Context" and variable.function is not None:
        return variable in variable.function.parameters
    made = variable.value or variable.source
    if not isinstance(made, n.Call):
        return False
    return _MADE_WITH.search(made.path) is not None or made.method == "Context"


def _is_counted(spawn: Spawn) -> bool:
    """Tell whether it reports its end to something that outlives its function."""
    if isinstance(spawn.group, n.Selector):
        return True
    return any(
        isinstance(each, n.Call)
        and isinstance(each.called, n.Selector)
        and each.called.field_ == "Done"
        and isinstance(each.parent, n.Defer | n.Expressed)
        for each in spawn.body
    )
