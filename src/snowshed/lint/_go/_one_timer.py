"""The fix that has a loop use one timer, which it starts anew, instead of making one in each turn.

Before Go 1.23 a timer that has fired keeps its value in its channel, where the next turn would find
it. So the timer is stopped as soon as another case is taken, and its value is received if it was
too late for that: nobody else can have received it. From then on `Reset` may be called.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit, Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._edits import free_name, indent_of, lines_before

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["one_timer"]

_COLON = re.compile(rb"\s*:[ \t]*(?://[^\r\n]*)?(?=\r?\n)")


def one_timer(call: n.Call, case: n.Case, taken: set[str]) -> Fix | None:
    """Return what makes the timer of ``call`` before the loop; None if that is not sure.

    Args:
        call: ``time.After(d)``.
        case: the case of a select that receives from it.
        taken: names that other fixes of the function use; gets the one that this uses.
    """
    select = case.parent
    loop = None if select is None else _loop_around(select)
    name = free_name(call, "timer", taken)
    if not isinstance(select, n.Select) or loop is None or not name or len(call.arguments) != 1:
        return None
    if not all(map(_is_quick, _others(select, case))):
        return None
    ends = [_stopping(each, name) for each in _others(select, case)]
    first = (f"{name} := time.NewTimer(0)", f"<-{name}.C // each turn starts it anew")
    made = [
        lines_before(loop, *first),
        lines_before(select, f"{name}.Reset({call.arguments[0].text})"),
        Edit(call.start, call.end, f"{name}.C"),
        *ends,
    ]
    edits = tuple(each for each in made if each is not None)
    if len(edits) < len(made):
        return None
    taken.add(name)
    return Fix("make one timer before the loop", edits)


def _loop_around(select: n.Node) -> n.Node | None:
    """Return the loop around ``select``, with its label, if lines may be put before both."""
    loop = next((each for each in n.inside(select) if isinstance(each, n.For)), None)
    jumps = any(each.keyword == "goto" for each in select.function.all(n.Branch))
    if loop is None or jumps or not isinstance(select.parent, n.Block | n.Case):
        return None
    return loop.parent if isinstance(loop.parent, n.Labeled) else loop


def _others(select: n.Select, case: n.Case) -> Iterator[n.Case]:
    return (each for each in select.cases if each is not case)


def _is_quick(case: n.Case) -> bool:
    """Tell whether a case asks nobody for what it waits for: the timer would run meanwhile."""
    if isinstance(case.communication, n.Send) and any(_asks(case.communication.value)):
        return False
    return case.channel is None or not any(
        not isinstance(each, n.Call) or (each.arguments and each.path != "time.After")
        for each in _asks(case.channel)
    )


def _asks(node: n.Node) -> Iterator[n.Node]:
    return (each for each in n.walk(node) if isinstance(each, n.Call | n.Receive))


def _stopping(case: n.Case, name: str) -> Edit | None:
    """Return what stops the timer in the first line of ``case``; None if it has none of its own."""
    content = case.function.file.source.content
    head = case.start + len("default") if case.is_default else _head_end(case)
    colon = _COLON.match(content, head)
    if colon is None:
        return None
    outer = indent_of(case)
    inner = indent_of(case.body[0]) if case.body else f"{outer}\t"
    shares = case.body and content.find(b"\n", head) > case.body[0].start
    if shares or not inner.startswith(outer):
        return None
    deeper = inner + inner[len(outer) :]
    lines = (f"{inner}if !{name}.Stop() {{", f"{deeper}<-{name}.C", f"{inner}}}")
    return Edit(colon.end(), colon.end(), "".join(f"\n{each}" for each in lines))


def _head_end(case: n.Case) -> int:
    return case.start if case.communication is None else case.communication.end
