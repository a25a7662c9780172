"""On which ways out of a function something is still open, as far as the order of the source tells.

A way is followed through `if`, loops, `try` and `with` as they are written. What a condition means
is not known, but for the question whether it is ended: where one branch ends it and the other does
not, and both go on, the condition is taken for that question. What is raised out of the function is
no way out here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Ways"]

# What is known of it at one place: it may be open, ended, or not be there yet.
_States: TypeAlias = frozenset[str]
_OPEN, _ENDED = "open", "ended"
_NONE: _States = frozenset()
# A statement without one of these does not fail.
_MAY_FAIL = (ast.Call, ast.Await, ast.Subscript, ast.Raise, ast.Yield, ast.YieldFrom, ast.Assert)
_Loop: TypeAlias = ast.While | ast.For | ast.AsyncFor


@dataclass(slots=True)
class _Out:
    """How a block is left, other than by its end.

    Attributes:
        falls: what is known of it at the end; empty if nothing comes there.
        fails: what is known of it where something in the block may fail.
        breaks: at each `break`.
        turns: at each `continue`.
        returns: each `return`, and what is known of it there.
    """

    falls: _States = _NONE
    fails: _States = _NONE
    breaks: _States = _NONE
    turns: _States = _NONE
    returns: tuple[tuple[ast.stmt, _States], ...] = ()

    def add(self, other: _Out) -> None:
        """Take over all ways of ``other`` but that to its end."""
        self.fails |= other.fails
        self.breaks |= other.breaks
        self.turns |= other.turns
        self.returns += other.returns


@dataclass(slots=True)
class Ways:
    """The ways out of a function on which something is left open.

    Attributes:
        begins: whether a statement makes it; where none does it is there from the start.
        ends: whether a statement ends it.
        asks: whether an expression holds only where it is ended.
    """

    begins: Callable[[ast.AST], bool]
    ends: Callable[[ast.AST], bool]
    asks: Callable[[ast.expr], bool]
    _known: dict[tuple[ast.stmt, _States], _Out] = field(default_factory=dict, init=False)

    def left_open(self, body: Sequence[ast.stmt], *, from_start: bool) -> list[ast.stmt]:
        """Return each `return` at which it may be open, and the last statement if so is the end."""
        out = self._block(body, frozenset({_OPEN if from_start else ""}))
        left = [stmt for stmt, states in out.returns if _OPEN in states]
        return [*left, body[-1]] if _OPEN in out.falls else left

    def _block(self, body: Iterable[ast.stmt], states: _States) -> _Out:
        out = _Out(states)
        for stmt in body:
            if not out.falls:
                break
            step = self._statement(stmt, out.falls)
            out.add(step)
            out.falls = step.falls
        return out

    def _statement(self, stmt: ast.stmt, states: _States) -> _Out:
        # Loops and `finally` go through their bodies several times, and so through what is in them.
        known = self._known.get((stmt, states))
        if known is None:
            known = self._known[stmt, states] = self._find(stmt, states)
        return known

    def _find(self, stmt: ast.stmt, states: _States) -> _Out:
        if isinstance(stmt, ast.If):
            return self._if(stmt, states)
        if isinstance(stmt, ast.Match):
            bodies = [case.body for case in stmt.cases]
            return self._branches(stmt.subject, [*bodies, []], states)
        if isinstance(stmt, _Loop):
            return self._loop(stmt, states)
        if isinstance(stmt, (ast.Try, ast.TryStar)):
            return self._try(stmt, states)
        if isinstance(stmt, (ast.With, ast.AsyncWith)):
            return self._with(stmt, states)
        return self._simple(stmt, states)

    def _simple(self, stmt: ast.stmt, states: _States) -> _Out:
        if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return _Out(states)
        # What fails to be made is not there, and who fails to close has tried.
        after = self._after(stmt, states)
        fails = after if _ENDED in after else states
        out = _Out(fails=fails if _may_fail(stmt) else _NONE)
        if isinstance(stmt, ast.Return):
            out.returns = ((stmt, after),)
        elif isinstance(stmt, ast.Break):
            out.breaks = after
        elif isinstance(stmt, ast.Continue):
            out.turns = after
        elif not isinstance(stmt, ast.Raise):
            out.falls = after
        return out

    def _after(self, node: ast.AST, states: _States) -> _States:
        parts = [*ast.walk(node)]
        if any(map(self.ends, parts)):
            return frozenset({_ENDED})
        return frozenset({_OPEN}) if any(map(self.begins, parts)) else states

    def _branches(self, test: ast.expr, bodies: list[list[ast.stmt]], states: _States) -> _Out:
        before = self._after(test, states)
        out = _Out(fails=states if _may_fail(test) else _NONE)
        falls = []
        for body in bodies:
            step = self._block(body, before)
            out.add(step)
            falls.append(step.falls)
        out.falls = frozenset[str]().union(*falls)
        if frozenset({_ENDED}) in falls and _OPEN in before:
            out.falls = frozenset({_ENDED})
        return out

    def _if(self, stmt: ast.If, states: _States) -> _Out:
        told = self._told(stmt.test)
        if not any(told):
            return self._branches(stmt.test, [stmt.body, stmt.orelse], states)
        # It asks whether it is ended, so what is not is still open.
        before = self._after(stmt.test, states)
        out = _Out(fails=states if _may_fail(stmt.test) else _NONE)
        for body, is_ended in zip((stmt.body, stmt.orelse), told, strict=True):
            step = self._block(body, frozenset({_ENDED}) if is_ended else before)
            out.add(step)
            out.falls |= step.falls
        return out

    def _told(self, test: ast.expr) -> tuple[bool, bool]:
        """Tell whether it is ended where ``test`` holds, and whether it is where that does not."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            if_so, if_not = self._told(test.operand)
            return if_not, if_so
        if isinstance(test, ast.BoolOp):
            told = [*map(self._told, test.values)]
            holds, fails = [each for each, _ in told], [each for _, each in told]
            if isinstance(test.op, ast.And):
                return any(holds), all(fails)
            return all(holds), any(fails)
        return self.asks(test), False

    def _loop(self, loop: _Loop, states: _States) -> _Out:
        head = loop.test if isinstance(loop, ast.While) else loop.iter
        out = _Out()
        start = self._after(head, states)
        step = self._block(loop.body, start)
        for _ in range(2):
            start |= step.falls | step.turns
            step = self._block(loop.body, start)
        out.fails = step.fails | start
        out.returns = step.returns
        if isinstance(loop, ast.While) and self._told(loop.test)[1]:
            start = frozenset({_ENDED})
        over = self._block(loop.orelse, start)
        out.add(over)
        is_endless = isinstance(head, ast.Constant) and bool(head.value)
        goes_on = over.falls
        if _ENDED in step.falls | step.turns:
            # Who ends it and begins another turn has a condition that knows.
            goes_on -= {_OPEN}
        out.falls = step.breaks | (_NONE if is_endless else goes_on)
        return out

    def _try(self, stmt: ast.Try | ast.TryStar, states: _States) -> _Out:
        body = self._block(stmt.body, states)
        out = _Out(breaks=body.breaks, turns=body.turns, returns=body.returns)
        else_ = self._block(stmt.orelse, body.falls) if stmt.orelse else _Out(body.falls)
        out.add(else_)
        out.falls = else_.falls
        for handler in stmt.handlers:
            step = self._block(handler.body, body.fails)
            out.add(step)
            out.falls |= step.falls
        if not stmt.handlers:
            out.fails |= body.fails
        return self._finally(stmt.finalbody, out) if stmt.finalbody else out

    def _finally(self, last: list[ast.stmt], out: _Out) -> _Out:
        """Return ``out`` with what ``last`` does on each way."""

        def passed(states: _States) -> _States:
            return self._block(last, states).falls if states else states

        ended = _Out(passed(out.falls), passed(out.fails), passed(out.breaks), passed(out.turns))
        ended.returns = tuple((stmt, passed(states)) for stmt, states in out.returns)
        ended.returns += self._block(last, out.falls or out.fails).returns
        return ended

    def _with(self, stmt: ast.With | ast.AsyncWith, states: _States) -> _Out:
        start = states
        for item in stmt.items:
            start = self._after(item.context_expr, start)
        out = self._block(stmt.body, start)
        out.fails |= states
        return out


def _may_fail(node: ast.AST) -> bool:
    return any(isinstance(each, _MAY_FAIL) for each in ast.walk(node))
