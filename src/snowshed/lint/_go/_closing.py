"""What has to be closed, and the ways on which nobody does: bodies of responses, rows of a query.

Whether it is closed is a question about ways: the early ``return`` between the call and the
``defer`` is what leaks. On the way of the error there is nothing to close, and rows that are read
to their end close themselves. What is handed on may be closed there: it is taken for closed.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._finding import Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._edits import line_after, without_line
from snowshed.lint._go._flow import End, Flow, Point, flow_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from snowshed.lint._go._function import Function
    from snowshed.lint._go._scope import Variable

__all__ = ["Leak", "Opened", "closing_fix", "leak_of", "opened_in", "thrown_in"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A statement that opens something.

    Attributes:
        statement: sets what is opened, and mostly an error.
        variable: what holds it.
        error: the variable of the error; None if it is thrown away.
        closes: tells whether a use of the variable closes it.
        keeps: tells whether a use leaves it as it is: it is read, or asked for something.
        exhausts: what closes it when it comes to an end, such as ``rows.Next()``; or empty.
    """

    statement: n.Statement
    variable: Variable
    error: Variable | None
    closes: Callable[[n.Name], bool]
    keeps: Callable[[n.Name], bool]
    exhausts: str = ""


@dataclass(frozen=True, slots=True)
class Leak:
    """A way on which it is not closed.

    Attributes:
        end: where the way leaves; None if it comes back to where it is opened, or falls off.
        never: whether nothing closes it at all.
    """

    end: n.Node | None
    never: bool


def opened_in(
    function: Function,
    opens: Callable[[n.Call], bool],
    closes: Callable[[n.Name], bool],
    keeps: Callable[[n.Name], bool],
    exhausts: str = "",
) -> Iterator[Opened]:
    """Yield what the statements of ``function`` open: ``resp, err := f()`` if ``opens(f())``."""
    for each in function.all(n.Assign):
        if len(each.left) != 2 or len(each.right) != 1:
            continue
        call, held, error = each.right[0], each.left[0], each.left[1]
        if not isinstance(call, n.Call) or not isinstance(held, n.Name) or not opens(call):
            continue
        variable = held.variable
        if held.name == "_" or variable is None or variable.function is not function:
            continue
        failed = error.variable if isinstance(error, n.Name) and error.name != "_" else None
        ends = f"{held.name}.{exhausts}" if exhausts else ""
        yield Opened(each, variable, failed, closes, keeps, ends)


def thrown_in(function: Function, opens: Callable[[n.Call], bool]) -> Iterator[n.Call]:
    """Yield the calls whose result, which is open, nobody takes."""
    for call in function.all(n.Call):
        parent = call.parent
        if isinstance(parent, n.Expressed | n.Go | n.Defer) and opens(call):
            yield call
        elif isinstance(parent, n.Assign) and len(parent.left) == 2 and opens(call):
            first = parent.left[0]
            if isinstance(first, n.Name) and first.name == "_":
                yield call


def leak_of(opened: Opened) -> Leak | None:
    """Return a way from ``opened`` to an end of its function that does not close it."""
    flow = flow_of(opened.statement.function)
    start = flow.point_of(opened.statement)
    if start is None or not flow.is_whole:
        return None
    done, closes = _done(opened, flow)
    if done is None:
        return None
    fresh = _before_another_error(opened, flow, start)
    for case in opened.statement.function.all(n.Case):
        point = flow.at.get(case)
        if point in fresh and any(_names(each, opened.error) for each in case.values):
            done.add(flow.at[case])
    reached = _reached(opened, flow, start, done, fresh)
    again = any(start in point.next for point in reached)
    ends = [point for point in reached if point.end in {End.RETURN, End.GOEXIT}]
    if not ends and not again:
        return None
    ends.sort(key=lambda point: point.node.start if point.node is not None else 0)
    return Leak(ends[0].node if ends else None, not closes)


def _done(opened: Opened, flow: Flow) -> tuple[set[Point] | None, bool]:
    """Return where it is closed or handed on, and whether anything closes it; None: not known."""
    done: set[Point] = set()
    closes = False
    function = opened.statement.function
    for use in opened.variable.uses:
        at = _in(use, opened)
        if at is None:
            return None, False
        if opened.closes(use):
            closes = True
        elif use.function is function and opened.keeps(use):
            continue
        point = flow.point_of(at)
        if point is not None and point.node is not opened.statement:
            done.add(point)
    return done, closes


def _in(use: n.Name, opened: Opened) -> n.Node | None:
    """Return what of the function of ``opened`` has ``use`` in it: a literal, if that is in one."""
    function = use.function
    if function is opened.statement.function:
        return use
    while function.outer is not None and function.outer is not opened.statement.function:
        function = function.outer
    if function.outer is None:
        return None
    for each in function.outer.all(n.FunctionLiteral):
        if each.literal is function:
            return each
    return None


def _reached(
    opened: Opened, flow: Flow, start: Point, done: set[Point], fresh: set[Point]
) -> set[Point]:
    """Return what may be done after ``start`` while it is open."""
    guards = _guards(opened, flow, fresh)
    found: set[Point] = set()
    waiting = deque([start])
    while waiting:
        point = waiting.popleft()
        for each in _goes(point, guards.get(point)):
            if each not in found and each not in done and each is not start:
                found.add(each)
                waiting.append(each)
    return found


def _goes(point: Point, guard: tuple[n.Node, bool] | None) -> list[Point]:
    if guard is None:
        return point.next
    inside, enters = guard
    return [each for each in point.next if _is_within(each, inside) is enters]


def _is_within(point: Point, node: n.Node) -> bool:
    return point.node is not None and node.start <= point.node.start < node.end


def _guards(opened: Opened, flow: Flow, fresh: set[Point]) -> dict[Point, tuple[n.Node, bool]]:
    """Return, by the point of a condition, the branch on which alone it is open, or is not."""
    found: dict[Point, tuple[n.Node, bool]] = {}
    for each in opened.statement.function.all(n.If):
        point = flow.at.get(each)
        enters = None if point is None else _enters(each, opened, fresh=point in fresh)
        if point is not None and enters is not None:
            found[point] = (each.then, enters)
    for loop in opened.statement.function.all(n.For):
        point = flow.at.get(loop)
        condition = loop.condition
        asks = "" if condition is None or not opened.exhausts else condition.text
        if point is not None and opened.exhausts in asks and asks:
            found[point] = (loop.body, True)
    return found


def _before_another_error(opened: Opened, flow: Flow, start: Point) -> set[Point]:
    """Return where the error is still the one of the call."""
    error = opened.error
    if error is None:
        return set()
    sets = {
        point
        for use in [*error.uses, *([error.declared] if error.declared is not None else [])]
        if isinstance(use.parent, n.Assign | n.Var) and use in use.parent.left
        if (point := flow.point_of(use)) is not None and point is not start
    }
    return flow.reachable(start, without=sets.__contains__)


def _enters(branch: n.If, opened: Opened, *, fresh: bool) -> bool | None:
    """Return whether it is open only in the branch of ``branch``, or only beside; None: both."""
    condition = branch.condition
    if opened.exhausts and opened.exhausts in condition.text:
        return not (isinstance(condition, n.Unary) and condition.operator == "!")
    for each in n.walk(condition):
        if not isinstance(each, n.Binary) or each.operator not in {"!=", "=="}:
            continue
        if not isinstance(each.left, n.Name) or each.right.text != "nil":
            if fresh and _names(each, opened.error):
                return False
            continue
        if each.left.variable is opened.error and opened.error is not None and fresh:
            return each.operator == "=="
        if each.left.variable is opened.variable:
            return each.operator == "!="
    if fresh and opened.error is not None and _names(condition, opened.error):
        return False
    return None


def _names(node: n.Node, variable: Variable | None) -> bool:
    return variable is not None and any(
        isinstance(each, n.Name) and each.variable is variable for each in n.walk(node)
    )


def closing_fix(opened: Opened, close: str) -> Fix | None:
    """Return what closes it at the end of the function: behind the check of its error.

    Args:
        opened: what is open.
        close: how it is closed, such as ``resp.Body.Close()``.
    """
    check = _check_of(opened)
    if check is None:
        return None
    edits = [line_after(check, f"defer {close}")]
    # Closed twice it would be, if it is so further down: that line is moved.
    edits += [without_line(each) for each in _deferred(opened)]
    made = tuple(each for each in edits if each is not None)
    if len(made) < len(edits):
        return None
    return Fix(f"close it at the end: `defer {close}`", made)


def _check_of(opened: Opened) -> n.If | None:
    """Return the check of its error right behind it, which leaves if there is one."""
    statement = opened.statement
    around = statement.parent
    if any(isinstance(each, n.For) for each in n.inside(statement)):
        return None
    if not isinstance(around, n.Block) or statement not in around.statements:
        return None
    place = around.statements.index(statement) + 1
    check = around.statements[place] if place < len(around.statements) else None
    if not isinstance(check, n.If) or check.otherwise is not None or check.init is not None:
        return None
    if not _names(check.condition, opened.error) or not re.search(r"!= nil$", check.condition.text):
        return None
    leaves = check.then.statements and isinstance(check.then.statements[-1], n.Return | n.Branch)
    return check if leaves else None


def _deferred(opened: Opened) -> Iterator[n.Defer]:
    """Yield where it is closed by ``defer`` already."""
    for use in opened.variable.uses:
        if opened.closes(use):
            yield from (each for each in n.inside(use) if isinstance(each, n.Defer))
