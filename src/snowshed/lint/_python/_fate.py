"""What becomes of a value that a call returns, such as a task: awaited, kept, handed on, dropped.

The value is followed through variables, lists and the calls that take several of them, in the
function that made it and in those inside of it. Where it goes to some other function nothing more
is known, and rules take that for an owner.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from snowshed.lint._python._names import scope_of
from snowshed.lint._python._nodes import COMPREHENSIONS, FUNCTIONS, last_name, written

if TYPE_CHECKING:
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["End", "Fate", "fate_of"]


class End(IntEnum):
    """Where a value ends; of several ends the last one here counts."""

    DROPPED = 0
    """Nobody has it once the statement is over, or the function."""
    KEPT = 1
    """An attribute, a global or a collection that outlives the function holds it."""
    PASSED = 2
    """Another function got it, and may do what it likes."""
    RETURNED = 3
    """The caller has it."""
    CANCELLED = 4
    """It is ended here."""
    AWAITED = 5
    """It is waited for here."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a value.

    Attributes:
        end: where it ends.
        holder: what keeps it, if something does.
        among_others: whether that is a collection, which may keep many.
        passed_by: whether it came to the call that was to be left out.
        asked: the methods of it that are called or handed on, such as ``add_done_callback``.
        ways: all ends that it comes to on one way or another, as far as the value itself goes.
    """

    end: End
    holder: ast.expr | None = None
    among_others: bool = False
    passed_by: bool = False
    asked: frozenset[str] = frozenset()
    ways: frozenset[End] = frozenset()


# Calls whose result stands for all that they were given.
_TOGETHER = frozenset(
    {"gather", "wait", "wait_for", "shield", "as_completed", "list", "tuple", "set", "dict"}
    | {"zip", "chain", "enumerate", "sorted", "reversed", "wrap_future", "run_until_complete"}
    | {"staggered_race", "ensure_future", "filter", "cast", "next", "iter"}
)
_COLLECTS = frozenset({"append", "add", "extend", "update", "insert", "appendleft"})
_ENDS = frozenset({"cancel", "terminate", "kill"})
_WAITS = frozenset({"join", "run_until_complete"})
# Methods that tell something of it, or prepare it, and change nothing.
_ASKS = frozenset(
    {"add_done_callback", "remove_done_callback", "done", "cancelled", "set_name", "get_name"}
    | {"start", "is_alive", "setDaemon", "get_coro", "result", "exception", "discard", "remove"}
    | {"clear", "pop", "popleft", "popitem", "setdefault", "get"}
)
_THROUGH = (
    *COMPREHENSIONS,
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Starred, ast.IfExp, ast.BoolOp, ast.keyword),
    ast.FormattedValue,
)
_DROPPED, _PASSED = Fate(End.DROPPED), Fate(End.PASSED)
_ENDS_AT = (
    (ast.Await, Fate(End.AWAITED)),
    ((ast.Return, ast.Yield, ast.YieldFrom, *FUNCTIONS), Fate(End.RETURNED)),
    ((ast.Expr, ast.If, ast.While, ast.Compare, ast.UnaryOp, ast.Assert, ast.Delete), _DROPPED),
)
# So many variables, lists and attributes are followed from one to the next.
_STEPS = 6


def fate_of(module: Module, node: ast.expr, *, without: ast.Call | None = None) -> Fate:
    """Return what becomes of the value of ``node``.

    What the call ``without`` does with it is left out, as if it only looked at it.
    """
    follows = _Follows(module, module.function_of(node), without)
    fate = follows.value(node, _STEPS)
    return replace(
        fate,
        passed_by=follows.passed_by,
        asked=frozenset(follows.asked),
        ways=frozenset(follows.ways),
    )


class _Follows:
    def __init__(self, module: Module, function: Function, without: ast.Call | None) -> None:
        self.passed_by = False
        self.asked: set[str] = set()
        self.ways: set[End] = set()
        self._without = without
        self._module = module
        self._function = function
        self._seen: set[str] = set()

    def value(self, node: ast.AST, steps: int) -> Fate:
        """Return what becomes of the value that ``node`` is."""
        above = self._module.parent(node)
        while isinstance(above, _THROUGH) and not isinstance(above, ast.comprehension):
            if isinstance(above, ast.IfExp) and node is above.test:
                return _DROPPED
            node, above = above, self._module.parent(above)
        if above is None or steps == 0:
            return _PASSED
        end = next((end for kinds, end in _ENDS_AT if isinstance(above, kinds)), None)
        if end is None:
            return self._into(node, above, steps)
        self.ways.add(end.end)
        return end

    def _into(self, node: ast.AST, above: ast.AST, steps: int) -> Fate:
        """Return what becomes of ``node``, which is a part of ``above``."""
        if isinstance(above, ast.Call):
            return self._argument(above, steps)
        if isinstance(above, ast.Attribute):
            return self._method(above, steps)
        if isinstance(above, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign)):
            return self._assigned(above, steps)
        if isinstance(above, ast.Subscript):
            if node is above.value:
                return self.value(above, steps)
            # As a key it is kept.
            return self._stored(above, steps) if isinstance(above.ctx, ast.Store) else _DROPPED
        return self._looped(node, above, steps)

    def _looped(self, node: ast.AST, above: ast.AST, steps: int) -> Fate:
        """Follow each element of what a loop or a comprehension goes through."""
        if not isinstance(above, (ast.For, ast.AsyncFor, ast.comprehension)):
            return _PASSED
        if node is not above.iter:
            return _DROPPED
        fates = [self._stored(above.target, steps - 1)]
        if isinstance(above, ast.comprehension):
            # What it makes of them may be they themselves.
            fates.append(self.value(self._module.parents[above], steps - 1))
        return _last(fates)

    def _argument(self, call: ast.Call, steps: int) -> Fate:
        """Return what becomes of an argument of ``call``."""
        if call is self._without:
            self.passed_by = True
            return _DROPPED
        name = last_name(call.func)
        if name in _WAITS:
            return Fate(End.AWAITED)
        if name in _COLLECTS and isinstance(call.func, ast.Attribute):
            return replace(self._stored(call.func.value, steps), among_others=True)
        if name in _ASKS or name in {"len", "isinstance", "print", "bool", "id", "repr", "str"}:
            return _DROPPED
        if name in _TOGETHER:
            return self.value(call, steps)
        self.ways.add(End.PASSED)
        return _PASSED

    def _method(self, attribute: ast.Attribute, steps: int) -> Fate:
        """Return what becomes of something of which an attribute is asked."""
        self.asked.add(attribute.attr)
        if attribute.attr in _ENDS:
            # Called here, or given to somebody who calls it.
            return Fate(End.CANCELLED)
        above = self._module.parent(attribute)
        if isinstance(above, ast.Call) and above.func is attribute:
            if attribute.attr in _WAITS:
                return Fate(End.AWAITED)
            if attribute.attr in {"pop", "popleft", "get", "values", "items", "copy", "union"}:
                return self.value(above, steps - 1)
            if attribute.attr in _ASKS or attribute.attr in _COLLECTS:
                return _DROPPED
            return _PASSED
        return _DROPPED

    def _assigned(self, assign: ast.AST, steps: int) -> Fate:
        targets = getattr(assign, "targets", None) or [getattr(assign, "target", None)]
        fates = [self._stored(target, steps) for target in targets if target is not None]
        if isinstance(assign, ast.NamedExpr):
            fates.append(self.value(assign, steps - 1))
        return _last(fates)

    def _stored(self, target: ast.expr, steps: int) -> Fate:
        """Return what becomes of what ``target`` holds."""
        if isinstance(target, ast.Name):
            return self._variable(target, steps)
        if isinstance(target, ast.Subscript):
            return replace(self._stored(target.value, steps), among_others=True)
        if isinstance(target, ast.Attribute):
            self.ways.add(End.KEPT)
            return _last([Fate(End.KEPT, target), self._attribute(target, steps)])
        if isinstance(target, (ast.Tuple, ast.List, ast.Starred)):
            parts = target.elts if not isinstance(target, ast.Starred) else [target.value]
            return _last([self._stored(part, steps) for part in parts])
        return _PASSED

    def _attribute(self, target: ast.Attribute, steps: int) -> Fate:
        """Follow an attribute within the function: ``self.task = ...; await self.task``."""
        name = written(target)
        if name in self._seen:
            return _DROPPED
        self._seen.add(name)
        owner = target.value
        root = owner.id if isinstance(owner, ast.Name) else ""
        reads = [
            above
            for name in self._function.reads(root)
            if isinstance(above := self._module.parent(name), ast.Attribute)
            and above.attr == target.attr
            and isinstance(above.ctx, ast.Load)
        ]
        return _last([self.value(read, steps - 1) for read in reads])

    def _variable(self, target: ast.Name, steps: int) -> Fate:
        scope = scope_of(self._function, target.id)
        if scope is None or (scope.is_top and not self._function.is_top):
            self.ways.add(End.KEPT)
            return Fate(End.KEPT, target)
        if target.id in scope.parameters:
            # Whoever calls the function has the list.
            return Fate(End.RETURNED)
        if target.id in self._seen:
            return _DROPPED
        self._seen.add(target.id)
        return _last([self.value(read, steps - 1) for read in scope.reads(target.id)])


def _last(fates: list[Fate]) -> Fate:
    return max(fates, key=lambda fate: fate.end, default=_DROPPED)
