"""The graph of waits in plain words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed._printable import printable
from snowshed.model import Resource
from snowshed.observe._waits._place import place_of, shown
from snowshed.observe._waits._result import ENDS_SHOWN
from snowshed.observe._waits._suspects import HAS_HOLDERS

if TYPE_CHECKING:
    from snowshed.observe._waits._graph import WaitGraph
    from snowshed.observe._waits._result import Cascade, Deadlock, Node

_INDENT = "   "


def lines_of(graph: WaitGraph) -> Iterator[str]:
    """Yield the lines of the text, without their ends."""
    tasks = many(graph.tasks, "task")
    yield f"{tasks}: {graph.waiting:,} waiting for a task or for something shared"
    for deadlock in graph.deadlocks:
        yield ""
        yield from _of_deadlock(deadlock)
    yield from _left_out(graph.deadlocks_left_out, "deadlock")
    for place, cascade in enumerate(graph.cascades, 1):
        yield ""
        yield from _of_cascade(cascade, place)
    yield from _left_out(graph.heads_left_out, "head of a shorter line", "heads of shorter lines")


def _of_deadlock(found: Deadlock) -> Iterator[str]:
    kind = "AWAIT CYCLE" if found.of_tasks_only else "DEADLOCK"
    who = "each other" if found.tasks > 1 else "itself"
    wait = "wait" if found.tasks > 1 else "waits"
    behind = f"; {many(found.behind, 'task')} behind" if found.behind else ""
    yield f"{kind}: {many(found.tasks, 'task')} {wait} for {who} for ever{behind}"
    before, *others = found.ring
    yield f"{_INDENT}{_described(before)}"
    for place, node in enumerate(others, 1):
        if found.skipped and place == ENDS_SHOWN[0]:
            yield f"{_INDENT}... {found.skipped:,} more ..."
            yield f"{_INDENT}{_described(node)}"
        else:
            yield f"{_INDENT}{_link(before)} {_described(node)}"
        before = node
    yield f"{_INDENT}{_link(before)} {'itself' if not others else 'the first'}"


def _link(before: Node) -> str:
    return "held by" if isinstance(before, Resource) else "waits for"


def _of_cascade(found: Cascade, place: int) -> Iterator[str]:
    wait = "wait" if found.behind != 1 else "waits"
    alike = "" if found.heads == 1 else f"{found.heads:,} alike, such as "
    yield f"{place}. {many(found.behind, 'task')} {wait} behind {alike}{_described(found.head)}"
    if found.suspect is not None:
        more = found.suspects - 1
        others = f", or by {more:,} {'others' if more > 1 else 'other'} like it" if more else ""
        yield f"{_INDENT}perhaps held by {_described(found.suspect)}{others}"
    elif isinstance(found.head, Resource) and HAS_HOLDERS.search(found.head.kind):
        yield f"{_INDENT}which task holds it is not known"
    if found.depth > 1:
        yield f"{_INDENT}the longest chain has {found.depth:,} waits:"
    for number, (before, step) in enumerate(pairwise(found.chain), 1):
        if found.skipped and number == ENDS_SHOWN[0]:
            yield f"{_INDENT}... {found.skipped:,} more ..."
            yield f"{_INDENT}{_described(step.node)}"
        elif isinstance(step.node, Resource):
            yield f"{_INDENT}it holds {_described(step.node)}"
        else:
            wait = "wait for it, such as" if before.waiters > 1 else "waits for it:"
            yield f"{_INDENT}{before.waiters:,} {wait} {_described(step.node)}"


def _described(node: Node) -> str:
    if isinstance(node, Resource):
        # Most texts begin with the kind.
        text = node.text or node.kind
        return printable(text if text.lstrip("<").startswith(node.kind) else f"{node.kind} {text}")
    request = f", for {node.request}" if node.request else ""
    age = f", {duration(node.age)} old" if node.age is not None else ""
    return printable(f"{node.name} [{node.state}] at {shown(place_of(node))}{request}{age}")


def duration(seconds: float) -> str:
    """Return a time in the unit that fits it: ``250 ms``, ``2.5 s``, ``7 min``, ``3 h``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _left_out(count: int, one: str, several: str = "") -> Iterator[str]:
    if count:
        yield ""
        yield f"and {count:,} more {one if count == 1 else several or one + 's'}"
