"""Two locks that are taken one inside the other, in one order here and in the other there."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from snowshed.lint._python import _lock_twins
from snowshed.lint._python._locks import Lock, ends_by_itself, held_at, taken_in
from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Related
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function

__all__ = ["inversions"]

# So many calls are followed from one function to the next.
_CALLS = 3


class _Edge(NamedTuple):
    """One lock that is taken while another is held.

    Attributes:
        by: the function that holds the first.
        held: where it takes it.
        at: where the second is taken, or the call that leads there.
        taker: the function that takes the second.
        taken: where that is.
        gates: all locks that are held at that moment, without the two.
    """

    by: Function
    held: ast.expr
    at: ast.expr
    taker: Function
    taken: ast.expr
    gates: frozenset[Lock]


_Edges = dict[tuple[Lock, Lock], list[_Edge]]


def inversions(folder: Folder) -> Iterator[Finding]:
    """Yield each two locks that are taken in both orders: what SN315 says of Python."""
    edges = _edges(folder)
    seen: set[frozenset[Lock]] = set()
    for first, second in edges:
        pair = frozenset((first, second))
        if pair in seen or (second, first) not in edges:
            continue
        seen.add(pair)
        one, other = edges[first, second], edges[second, first]
        # What is done less often is what is easier to turn round.
        rare, usual = (one, other) if len(one) <= len(other) else (other, one)
        for edge, against in ((edge, against) for edge in rare for against in usual):
            if not edge.gates & against.gates:
                yield _found(edge, against)
                break
    yield from _lock_twins.unordered(folder)


def _edges(folder: Folder) -> _Edges:
    edges: _Edges = defaultdict(list)
    inside = _Inside(folder)
    for function in folder.functions():
        # Nobody else has an object that is being made.
        if not function.withs or function.short_name in {"__init__", "__new__", "__del__"}:
            continue
        for taken in taken_in(folder, function):
            if not ends_by_itself(function.module, taken.node):
                site = (taken.node, function, taken.node)
                _add(edges, function, [*taken.held], taken.lock, site)
        for call in function.calls:
            held = held_at(folder, function.module, call)
            if held and not ends_by_itself(function.module, call):
                for each in inside.of_call(function, call, _CALLS):
                    if each.is_same or all(first.owner is not each.lock.owner for first, _ in held):
                        _add(edges, function, held, each.lock, (call, each.taker, each.node))
    return edges


def _add(
    edges: _Edges,
    by: Function,
    held: list[tuple[Lock, ast.expr]],
    lock: Lock,
    site: tuple[ast.expr, Function, ast.expr],
) -> None:
    locks = {each for each, _ in held}
    if lock in locks:
        # Whoever has it waits for nobody there.
        return
    for first, node in held:
        if _is_one(node) and _is_one(site[2]):
            edges[first, lock].append(_Edge(by, node, *site, frozenset(locks - {first})))


def _is_one(node: ast.expr) -> bool:
    """Tell whether it is a lock of the object itself, or of the module."""
    is_own = isinstance(node, ast.Attribute) and last_name(node.value) in {"self", "cls"}
    return isinstance(node, ast.Name) or is_own


class _Within(NamedTuple):
    """A lock that a call takes before it returns, and whether the object is that of the caller."""

    lock: Lock
    taker: Function
    node: ast.expr
    is_same: bool


class _Inside:
    """Which locks are taken before a call returns."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[tuple[Function, int], list[_Within]] = {}

    def of_call(self, function: Function, call: ast.Call, steps: int) -> list[_Within]:
        """Return them for ``call``, which stands in ``function``."""
        helper = self._folder.helper(function.module, call)
        if helper is None or helper is function or steps == 0:
            return []
        runs_later = helper.is_async and not function.module.is_awaited(call)
        if runs_later or any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in helper.exits):
            return []
        if (helper, steps) not in self._known:
            self._known[helper, steps] = self._of(helper, steps)
        found = self._known[helper, steps]
        return found if _is_own(call) else [each._replace(is_same=False) for each in found]

    def _of(self, helper: Function, steps: int) -> list[_Within]:
        module = helper.module
        found = {
            (each.lock, True): _Within(each.lock, helper, each.node, is_same=True)
            for each in taken_in(self._folder, helper)
            if not ends_by_itself(module, each.node)
        }
        for call in helper.calls:
            for each in self.of_call(helper, call, steps - 1):
                if not ends_by_itself(module, call):
                    found.setdefault((each.lock, each.is_same), each)
        return [*found.values()]


def _is_own(call: ast.Call) -> bool:
    on = call.func.value if isinstance(call.func, ast.Attribute) else None
    return on is None or (isinstance(on, ast.Name) and on.id in {"self", "cls"})


def _found(edge: _Edge, other: _Edge) -> Finding:
    module = edge.by.module
    first, second = written(edge.held), written(edge.taken)
    is_through = edge.at is not edge.taken
    there = f"line {other.taken.lineno} of `{other.taker.name}`"
    message = (
        f"`{second}` is taken with `{first}` held, and {there} takes `{written(other.taken)}` "
        f"with `{written(other.held)}` held: two that meet wait for each other for ever"
    )
    related: list[Related] = [module.related(edge.held, f"`{first}` is taken here first")]
    if is_through:
        related.append(edge.taker.module.related(edge.taken, f"`{second}` is taken here"))
    related += [
        other.by.module.related(other.held, f"elsewhere `{written(other.held)}` is taken first"),
        other.taker.module.related(other.taken, f"and then `{written(other.taken)}`"),
    ]
    places = ((edge.taker, edge.taken), (other.taker, other.taken))
    is_certain = not is_through and other.at is other.taken
    return module.finding(
        "SN315",
        edge.at,
        message,
        related=related,
        confidence=0.8 if is_certain else 0.7,
        waits_at=tuple(node.lineno for taker, node in places if taker.module is module),
    )
