"""Loops that do something once in each turn, but not quite in each.

``for _, x := range xs { if x.skip { continue }; go work(x) }`` starts fewer goroutines than ``xs``
has elements. Who then counts by ``len(xs)`` what they send or tell waits for ever: once something
is skipped, which it is not in the test.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import End, flow_of
from snowshed.lint._go._unreleased import loop_of

if TYPE_CHECKING:
    from snowshed.lint._go._flow import Flow, Point
    from snowshed.lint._go._function import Function

__all__ = ["count_of", "counts_of", "in_function", "is_steady", "skipping"]

_LENGTH = re.compile(r"len\(([\w.]+)\)")


def counts_of(loop: n.For) -> frozenset[str]:
    """Return how often ``loop`` turns, as a text; two if it is one of both; empty: nobody knows."""
    if loop.ranged is not None:
        text = loop.ranged.text
        return count_of(loop.ranged) | {f"len({text})"} if _is_path(loop.ranged) else frozenset()
    condition, init = loop.condition, loop.init
    if not isinstance(condition, n.Binary) or condition.operator not in {"<", "!="}:
        return frozenset()
    if not isinstance(init, n.Assign) or [each.text for each in init.right] != ["0"]:
        return frozenset()
    return count_of(condition.right) if isinstance(loop.update, n.Increment) else frozenset()


def count_of(number: n.Expression) -> frozenset[str]:
    """Return a number as a text, and what it was set to."""
    if isinstance(number, n.Name) and number.variable is not None:
        value = number.variable.value
        known = {value.text} if value is not None and _LENGTH.fullmatch(value.text) else set()
        return frozenset({number.text, *known})
    is_length = _LENGTH.fullmatch(number.text) is not None
    return frozenset({number.text}) if is_length or _is_path(number) else frozenset()


def _is_path(node: n.Expression) -> bool:
    return re.fullmatch(r"[A-Za-z_][\w.]*", node.text) is not None


def is_steady(function: Function, counts: Collection[str]) -> bool:
    """Tell whether ``function`` changes nothing that ``counts`` are about."""
    paths = {_LENGTH.sub(r"\1", each) for each in counts}
    changed = [target for each in function.all(n.Assign) for target in each.left]
    changed += [each.operand for each in function.all(n.Increment)]
    declared = {id(each) for each in changed if isinstance(each, n.Name) and _declares(each)}
    return not any(each.text in paths for each in changed if id(each) not in declared)


def _declares(name: n.Name) -> bool:
    return name.variable is not None and name.variable.declared is name


def skipping(loop: n.For, done: Collection[n.Node]) -> n.Node | None:
    """Return where a turn of ``loop`` ends without any of ``done``; None: none does.

    A turn by which the function ends, too, is none.
    """
    flow = flow_of(loop.function)
    head = flow.at.get(loop)
    barriers = {flow.point_of(each) for each in done} | {head}
    if head is None or None in barriers:
        return None
    turn = [each for each in head.next if n.is_in_turn(each.node, loop) and each not in barriers]
    reached = set().union(*(flow.reachable(each, without=barriers.__contains__) for each in turn))
    for branch in loop.function.all(n.Branch):
        point = flow.at.get(branch)
        is_end = branch.keyword in {"continue", "break"} and loop_of(branch) is loop
        if point is not None and point in reached and is_end and _goes_on(flow, point):
            return branch
    if not any(head in each.next for each in reached):
        return None
    return next(
        (each for start in done for each in n.inside(start) if isinstance(each, n.If)), None
    )


def _goes_on(flow: Flow, point: Point) -> bool:
    return any(each.end is End.RETURN for each in flow.ends_after(point))


def in_function(function: Function, node: n.Node) -> n.Node | None:
    """Return where ``function`` has ``node``: for what is in a literal that; None: elsewhere."""
    if node.function is function:
        return node
    for literal in function.all(n.FunctionLiteral):
        if node.function in literal.literal.family():
            return literal
    return None
