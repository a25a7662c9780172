"""Which goroutine does what: where a piece of code runs, as seen from the function that owns it.

``ch <- v`` may stand in a literal that is started by ``go``, in a helper that this literal calls,
in one that is deferred, or right in the function that makes the channel. A `Run` tells which:
how it comes to run, at which node of the owner, and which function is the body of its goroutine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import is_repeated
from snowshed.lint._go._types import callee

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._scope import Variable

__all__ = ["Run", "Way", "runs", "starts"]

_DEPTH = 12
_HANDED = 6
_SPAWNING = frozenset({"AfterFunc", "Go", "TryGo"})
_CALLING = frozenset({"Do"})


class Way(Enum):
    """How code comes to run."""

    HERE = auto()
    """By the goroutine of the owner itself."""
    SPAWNED = auto()
    """By a goroutine that the owner starts, or that such a one starts."""
    DEFERRED = auto()
    """By the owner, at its end."""
    UNKNOWN = auto()
    """Handed to somebody who may call it, or not."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """How a node comes to run, as seen from its owner.

    Attributes:
        way: how.
        at: the node of the owner by which it comes to run: itself, a call, a ``go``.
        body: the function that its goroutine runs: the owner, or what was started innermost.
        inner: the node of ``body`` by which it comes to run.
        steps: each node by which it comes to run, from itself to ``at``.
        spawned: how many goroutines lie between the owner and it.
    """

    way: Way
    at: n.Node
    body: Function
    inner: n.Node
    steps: tuple[n.Node, ...]
    spawned: int = 0

    @property
    def is_in_loop(self) -> bool:
        """Whether it may be done more than once in one run of its goroutine."""
        for step in self.steps:
            if is_repeated(step):
                return True
            if step is self.inner:
                break
        return False


@dataclass(frozen=True, slots=True)
class _Trail:
    """The way from a node up to where it is now."""

    node: n.Node
    steps: tuple[n.Node, ...]
    spawned: int = 0
    body: Function | None = None
    inner: n.Node | None = None
    is_deferred: bool = False
    is_known: bool = True

    def up(self, node: n.Node) -> _Trail:
        return _Trail(
            node,
            (*self.steps, node),
            self.spawned,
            self.body,
            self.inner,
            self.is_deferred,
            self.is_known,
        )

    def started(self, node: n.Node) -> _Trail:
        body = self.body if self.body is not None else self.node.function
        inner = self.inner if self.inner is not None else self.node
        return _Trail(
            node, (*self.steps, node), self.spawned + 1, body, inner, is_known=self.is_known
        )

    def deferred(self, node: n.Node) -> _Trail:
        # What a goroutine that lies between defers is done by that goroutine.
        return replace(self.up(node), is_deferred=self.is_deferred or self.spawned == 0)

    def handed(self, node: n.Node) -> _Trail:
        return replace(self.up(node), is_known=False)


Calls = Callable[["Function"], Iterable[n.Call]]


def runs(node: n.Node, owner: Function, calls: Calls) -> list[Run]:
    """Return the ways in which ``node`` comes to run as part of ``owner``.

    Args:
        node: what runs.
        owner: the function from which it is seen; ``node`` stands in it, in a literal in it, or in
            a function that is called from there.
        calls: returns the calls of a function that are to be followed; of a literal none, if it is
            to be followed by all its uses.
    """
    trail = _Trail(node, (node,))
    if isinstance(node, n.Call):
        trail = _called(trail, node)
    return list(_climb(trail, owner, calls, frozenset()))


def _climb(
    trail: _Trail, owner: Function, calls: Calls, seen: frozenset[Function]
) -> Iterator[Run]:
    function = trail.node.function
    if function is owner:
        yield _run(trail, owner)
        return
    if function in seen or len(seen) > _DEPTH:
        return
    seen |= {function}
    listed = [*calls(function)]
    if listed or function.name:
        for call in listed:
            yield from _climb(_called(trail, call), owner, calls, seen)
        return
    for up in _uses_of(trail, function):
        yield from _climb(up, owner, calls, seen)


def _run(trail: _Trail, owner: Function) -> Run:
    way = Way.HERE
    if not trail.is_known:
        way = Way.UNKNOWN
    elif trail.spawned:
        way = Way.SPAWNED
    elif trail.is_deferred:
        way = Way.DEFERRED
    body = trail.body if trail.body is not None else owner
    inner = trail.inner if trail.inner is not None else trail.node
    return Run(way, trail.node, body, inner, trail.steps, trail.spawned)


def _called(trail: _Trail, call: n.Call) -> _Trail:
    """Return the trail above a call of the function that it stands in."""
    parent = call.parent
    if isinstance(parent, n.Go):
        return trail.started(parent)
    if isinstance(parent, n.Defer):
        return trail.deferred(parent)
    return trail if trail.node is call else trail.up(call)


def literal_of(function: Function) -> n.FunctionLiteral | None:
    """Return the expression of a literal."""
    outer = function.outer
    if outer is None:
        return None
    for each in outer.all(n.FunctionLiteral):
        if each.literal is function:
            return each
    return None


def _uses_of(trail: _Trail, function: Function) -> Iterator[_Trail]:
    """Yield the trails above a literal: how it is used."""
    node = literal_of(function)
    if node is None:
        return
    parent = node.parent
    match parent:
        case n.Call() if parent.called is node:
            yield _called(trail, parent)
        case n.Call():
            yield _handed(trail, parent, parent.arguments.index(node))
        case n.Assign() | n.Var() if node in parent.right and len(parent.left) == len(parent.right):
            target = parent.left[parent.right.index(node)]
            variable = target.variable if isinstance(target, n.Name) else None
            if variable is not None and variable.function is not None:
                yield from _uses_of_variable(trail, variable)
            else:
                yield trail.handed(parent)
        case None:
            return
        case _:
            yield trail.handed(node)


def _uses_of_variable(trail: _Trail, variable: Variable) -> Iterator[_Trail]:
    for use in variable.uses:
        parent = use.parent
        if isinstance(parent, n.Call) and parent.called is use:
            yield _called(trail, parent)
        elif isinstance(parent, n.Call):
            yield _handed(trail, parent, parent.arguments.index(use))
        elif not (isinstance(parent, n.Assign | n.Var) and use in parent.left):
            yield trail.handed(use)


def _handed(trail: _Trail, call: n.Call, place: int) -> _Trail:
    """Return the trail above a call that a function is handed to."""
    how = _does_with(call, place)
    if how is Way.SPAWNED:
        return trail.started(call)
    if how is Way.HERE:
        return _called(trail, call)
    return trail.handed(call)


def _does_with(call: n.Call, place: int, depth: int = _HANDED) -> Way:
    """Tell what a call does with the function that it is handed."""
    if depth == 0:
        return Way.UNKNOWN  # handed round in a circle, or too far
    if call.method in _SPAWNING:
        return Way.SPAWNED
    if call.method in _CALLING and place == 0 and len(call.arguments) == 1:
        return Way.HERE
    function = callee(call)
    if function is None or place >= len(function.parameters):
        return Way.UNKNOWN
    _ = function.body  # its names are known once it was read
    found = {_use(use, function, depth - 1) for use in function.parameters[place].uses}
    found.discard(None)
    only = found.pop() if len(found) == 1 else None
    return Way.UNKNOWN if only is None else only


def _use(use: n.Name, function: Function, depth: int) -> Way | None:
    """Tell what is done with a parameter that is a function, at one place; None: nothing."""
    parent = use.parent
    if isinstance(parent, n.Binary):
        return None
    if not isinstance(parent, n.Call):
        return Way.UNKNOWN
    if parent.called is not use:
        return _does_with(parent, parent.arguments.index(use), depth)
    if isinstance(parent.parent, n.Go) or _is_in_started(use.function, function):
        return Way.SPAWNED
    is_here = use.function is function and not isinstance(parent.parent, n.Defer)
    return Way.HERE if is_here else Way.UNKNOWN


def _is_in_started(literal: Function, function: Function) -> bool:
    """Tell whether ``literal`` is started by ``go`` right in ``function``."""
    node = literal_of(literal) if literal.outer is function else None
    call = None if node is None else node.parent
    return isinstance(call, n.Call) and call.called is node and isinstance(call.parent, n.Go)


def starts(function: Function) -> Iterator[tuple[n.Node, Function]]:
    """Yield each node that starts a goroutine right in ``function``, with what that runs."""
    for go in function.all(n.Go):
        if isinstance(go.call, n.Call):
            found = callee(go.call)
            if found is not None:
                yield go, found
    for call in function.all(n.Call):
        if call.method in _SPAWNING and len(call.arguments) == 1:
            handed = call.arguments[0]
            if isinstance(handed, n.FunctionLiteral):
                yield call, handed.literal
