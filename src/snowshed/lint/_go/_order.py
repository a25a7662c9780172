"""In which order the locks of a package are taken, and where two orders are at odds.

A goroutine that holds a first lock and waits for a second, and one that holds the second and waits
for the first, wait for each other for ever. The order is an edge from the lock that is held to the
one that is taken, in one function or by any chain of calls. Two edges against each other are a
fault if both can be about the same two objects, are not both under one more lock, which lets only
one goroutine in, and do not only read what the other only reads.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._callers import always_under
from snowshed.lint._go._locking import Event, Taken, events
from snowshed.lint._go._locks import READ
from snowshed.lint._go._place import ELEMENT, Place, type_at
from snowshed.lint._go._scope import Kind
from snowshed.lint._go._stops import is_stop
from snowshed.lint._go._types import base_of

if TYPE_CHECKING:
    from snowshed.lint._go._events import HeldLock, Key
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["Edge", "Inversion", "inversions"]

_FLAG = re.compile(r"(?:([\w.]+)\.Load\(\)|atomic\.Load\w+\(&([\w.]+)\) [!=]= \w+)")


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """That one lock is taken while another is held.

    Attributes:
        first: class of the lock that is held.
        second: class of the one that is taken.
        held: the lock that is held, how, and where it was taken.
        event: how the second is taken.
        taken: the same, as it is.
    """

    first: Key
    second: Key
    held: HeldLock
    event: Event
    taken: Taken

    @property
    def gates(self) -> frozenset[Key]:
        """The classes of all other locks that are held meanwhile."""
        held = frozenset(each.key for each in self.event.held)
        return (self.taken.under | held) - {self.first, self.second}


@dataclass(frozen=True, slots=True, eq=False)
class Inversion:
    """Two edges against each other; `rare` is in the direction that fewer functions have."""

    rare: Edge
    usual: Edge


def inversions(package: Package) -> Iterator[Inversion]:
    """Yield where two orders are at odds, once for each two classes of locks."""
    graph: dict[tuple[Key, Key], list[Edge]] = defaultdict(list)
    for edge in _edges(package):
        graph[edge.first, edge.second].append(edge)
    for (first, second), edges in graph.items():
        against = graph.get((second, first))
        if against is None or _width(against) < _width(edges):
            continue
        if _width(against) == _width(edges) and edges[0].taken.node.start > _start(against):
            continue
        found = _opposed(edges, against)
        if found is not None:
            yield found


def _width(edges: list[Edge]) -> tuple[bool, int]:
    """Return how usual an order is: one that only tests have is less so than any other."""
    places = {edge.taken.node for edge in edges}
    holders = (edge.held.by.function.file.source for edge in edges)
    return not all(source.is_test for source in holders), len(places)


def _start(edges: list[Edge]) -> int:
    return edges[0].taken.node.start


def _opposed(edges: list[Edge], against: list[Edge]) -> Inversion | None:
    both = (
        Inversion(one, other)
        for one in sorted(edges, key=_reach)
        for other in sorted(against, key=_reach)
        if _can_meet(one, other)
    )
    return next(both, None)


def _reach(edge: Edge) -> tuple[bool, int, int]:
    return not edge.taken.is_sure, len(edge.taken.chain), edge.taken.node.start


def _can_meet(one: Edge, other: Edge) -> bool:
    if _gates(one) & _gates(other):
        return False
    if _is_before_flag(one) or _is_before_flag(other) or _are_apart(one, other):
        return False
    only_read_first = one.held.mode == READ and other.taken.mode == READ
    only_read_second = one.taken.mode == READ and other.held.mode == READ
    return not only_read_first and not only_read_second


def _is_before_flag(edge: Edge) -> bool:
    """Tell whether the second lock is taken only until an atomic flag is set.

    ``mu.Lock(); if ready.Load() { return }; other.Lock()`` is what is done once, and who takes the
    locks the other way round is mostly what comes behind it. A flag that says that all has stopped
    is not set until then, and tells nothing of who comes when.
    """
    by, at = edge.held.by, edge.event.call or edge.taken.node
    if by.function is not at.function:
        return False
    return any(
        by.start < each.start < at.start
        and _is_flag(each.condition.text)
        and any(isinstance(last, n.Return) for last in each.then.statements[-1:])
        for each in by.function.all(n.If)
    )


def _is_flag(condition: str) -> bool:
    match = _FLAG.fullmatch(condition)
    return match is not None and not is_stop(match[1] or match[2])


def _are_apart(one: Edge, other: Edge) -> bool:
    """Tell whether a lock of one edge stands in another field than that of the other.

    ``c.in`` and ``c.out`` may be of one type, and are two locks.
    """
    pairs = ((one.held.lock, other.taken.lock), (one.taken.lock, other.held.lock))
    return any(lock is not None and _is_beside(of, lock) for lock, of in pairs if of is not None)


def _is_beside(one: Place, other: Place) -> bool:
    """Tell whether two locks are those of two fields of one type: not of what these point to."""
    function = one.root.function
    if function is None or not one.path[:-1] or not other.path[:-1]:
        return False
    package, fields = function.file.package, {one.path[-2], other.path[-2]}
    owners = {base_of(type_at(package, Place(each.root, each.path[:-2]))) for each in (one, other)}
    struct = package.structs.get(owners.pop()) if len(owners) == 1 else None
    if struct is None or one.path[-2] == other.path[-2]:
        return False
    return not any(struct.fields.get(each, "*").startswith("*") for each in fields)


def _gates(edge: Edge) -> frozenset[Key]:
    """Return the classes of all locks that are held meanwhile, those of all callers, too."""
    outer = edge.event.call or edge.taken.node
    return edge.gates | always_under(outer.function) - {edge.first, edge.second}


def _edges(package: Package) -> Iterator[Edge]:
    for event in events(package):
        taken = event.what
        if not isinstance(taken, Taken):
            continue
        function = (event.call or taken.node).function
        if taken.lock is not None and _is_fresh(taken.lock, function):
            continue
        for held in event.held:
            place, first = held.lock, held.key
            if first == taken.key or place in taken.released or _is_fresh(place, function):
                continue
            if not _is_stripe(package, first) and not _is_stripe(package, taken.key):
                yield Edge(first, taken.key, held, event, taken)


def _is_stripe(package: Package, key: Key) -> bool:
    """Tell whether a lock is one of many in a row, of which each is for some objects only.

    Who takes several of those mostly knows which, and syntax does not. Not so the locks of a map:
    it has one for each name, and the same name is asked for again.
    """
    struct = package.structs.get(str(key[0]))
    if key[-1] != ELEMENT:
        return struct is not None and struct.fields.keys() == {key[-1], "_"}
    field_ = str(key[-2])
    return struct is None or not struct.fields.get(field_, "").startswith("map[")


def _is_fresh(place: Place, function: Function) -> bool:
    """Tell whether ``function`` has just made an object, so that nobody else knows it."""
    value = place.root.value
    if place.root.function is not function or place.root.kind is not Kind.LOCAL or not place.path:
        return False
    if isinstance(value, n.Unary):
        value = value.operand
    if isinstance(value, n.Call):
        return value.path == "new" or value.method.lower().startswith("new")
    return isinstance(value, n.Composite)
