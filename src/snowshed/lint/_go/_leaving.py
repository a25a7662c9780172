"""Whether a function may end, or go on with another channel, while somebody still sends to it.

The way from the ``go`` to each end of the function is looked at: does each come by a receive? A
receive in a loop counts when the loop begins, as nobody writes such a loop for no turn; one under
the very condition of the ``go`` counts at that condition.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import End, Point
from snowshed.lint._go._threads import Way

if TYPE_CHECKING:
    from snowshed.lint._go._locals import Act, Local
    from snowshed.lint._go._scope import Variable

__all__ = ["Leaving", "is_counted", "leaves_early", "leaves_without"]

_BOTH = 2
_COUNTS = frozenset({"==", "<", "<=", ">", ">=", "!="})
_GOES_ON = frozenset({End.RETURN, End.GOEXIT})


@dataclass(frozen=True, slots=True)
class Leaving:
    """A way on which nobody receives any more.

    Attributes:
        at: where it leaves: a ``return``, the case of a select, the end of the function.
        select: the select on that way that would receive, but takes another case.
        case: the case that it takes.
        end: how the function ends there; None if it goes on with another channel.
        is_told: whether it leaves because of what it has received.
    """

    at: n.Node | None
    select: n.Select | None = None
    case: n.Case | None = None
    end: End | None = None
    is_told: bool = False


def leaves_without(local: Local, start: Point, unusual: Collection[Point] = ()) -> Leaving | None:
    """Return a way from ``start`` on which nothing is received from ``local``; None: there is none.

    Args:
        local: the channel.
        start: where the sender is started.
        unusual: points that are come by only if nothing will be sent any more.
    """
    barriers = {*unusual}
    heads = set()
    for act in local.receives(Way.HERE):
        point = local.point(act)
        if point is None:
            return None
        barriers.add(point)
        heads |= set(_heads(local, act, start))
    return _way(local, [start], barriers | heads)


def leaves_early(
    local: Local, act: Act, unusual: Collection[Point] = (), *, is_last: bool
) -> Leaving | None:
    """Return a way by which a loop around a receive is left before its end; None: there is none.

    Args:
        local: the channel.
        act: a receive of the owner in a loop, or a ``range`` over the channel.
        unusual: points that are come by only if nothing will be sent any more.
        is_last: whether nothing is left to be received when this was done once.
    """
    loop = _loop_of(act)
    if loop is None:
        return None
    flow = local.flow
    head, point = flow.at.get(loop), local.point(act)
    made = local.made_at
    if head is None or point is None or (made is not None and n.is_in_turn(made.node, loop)):
        return None
    counted = {each for each in flow.points if is_counted(each)}
    others = counted | {local.point(each) for each in local.receives(Way.HERE)} - {None, point}
    barriers = {each for each in (*others, *unusual, head) if each is not None}
    turn = [each for each in head.next if n.is_in_turn(each.node, loop)]
    if point is not head:
        found = None if loop.is_endless else _way(local, turn, barriers | {point})
        if found is not None:
            return found
    if is_last:
        return None
    starts = turn if point is head else [*point.next]
    ignored = {head} if point is not head else set()
    names = _received(act)
    return _way(local, starts, barriers | ignored, names, inside=loop)


def _way(
    local: Local,
    starts: Iterable[Point],
    barriers: Collection[Point],
    names: Collection[Variable] = (),
    inside: n.For | None = None,
) -> Leaving | None:
    came: dict[Point, Point | None] = {}
    waiting: deque[Point] = deque()
    for each in starts:
        if each not in barriers:
            came[each] = None
            waiting.append(each)
    while waiting:
        point = waiting.popleft()
        if point.end in _GOES_ON:
            return _told(local, point, came, names, inside)
        for each in point.next:
            if each in came or each in barriers:
                continue
            came[each] = point
            if each is local.made_at:
                return _told(local, each, came, names, inside)
            waiting.append(each)
    return None


def _told(
    local: Local,
    found: Point,
    came: dict[Point, Point | None],
    names: Collection[Variable],
    inside: n.For | None,
) -> Leaving:
    """Say where a way leaves, by looking back along it."""
    selects = _selects(local)
    select = case = None
    node = found.node
    is_told = False
    leaves_at: n.Node | None = None
    at: Point | None = found
    while at is not None:
        before = came.get(at)
        if before in selects and isinstance(at.node, n.Case):
            select, case = selects[before], at.node
        if node is None and before is not None:
            node = before.node
        if inside is not None and leaves_at is None and n.is_in_turn(at.node, inside):
            leaves_at = at.node
        if at.node is not None and _is_choice(at) and _names(at.node, names):
            is_told = True
        at = before
    return Leaving(leaves_at or node, select, case, found.end, is_told)


def is_counted(point: Point) -> bool:
    """Tell whether a way is chosen there by how many are left: it leaves when none is."""
    node = point.node
    if len(point.next) < _BOTH or not isinstance(node, n.Binary) or node.operator not in _COUNTS:
        return False
    for side in (node.left, node.right):
        if isinstance(side, n.Call) and side.path == "len":
            return True
        variable = side.variable if isinstance(side, n.Name) else None
        if variable is not None and any(map(_steps, variable.uses)):
            return True
    return False


def _steps(use: n.Name) -> bool:
    """Tell whether a variable is counted up or down there."""
    parent = use.parent
    if isinstance(parent, n.Increment):
        return True
    is_set = isinstance(parent, n.Assign) and use in parent.left
    return is_set and isinstance(parent, n.Assign) and parent.operator in {"+=", "-="}


def _is_choice(point: Point) -> bool:
    return len(point.next) > 1 and isinstance(point.node, n.Expression)


def _names(node: n.Node, variables: Collection[Variable]) -> bool:
    return any(isinstance(each, n.Name) and each.variable in variables for each in n.walk(node))


def _received(act: Act) -> set[Variable]:
    """Return the variables that hold what was received, or a part of it."""
    node = act.node
    targets: list[n.Expression] = []
    if isinstance(node, n.For):
        targets = node.keys
    elif isinstance(node.parent, n.Assign | n.Var):
        targets = node.parent.left
    return {
        each.variable for each in targets if isinstance(each, n.Name) and each.variable is not None
    }


def _selects(local: Local) -> dict[Point | None, n.Select]:
    """Return the selects of the owner that receive, by their points."""
    found: dict[Point | None, n.Select] = {}
    for act in local.receives(Way.HERE):
        select = act.operation.select
        if select is not None and act.run.at is act.node:
            found[local.flow.at.get(select)] = select
    found.pop(None, None)
    return found


def _heads(local: Local, act: Act, start: Point) -> Iterator[Point]:
    """Yield the heads of what an act stands in and that is never passed by."""
    for each in n.inside(act.run.at):
        head = local.flow.at.get(each)
        if head is None:
            continue
        if isinstance(each, n.For) and not each.is_endless:
            if head is not start and not _encloses(each, start):
                yield head
        elif isinstance(each, n.If) and _goes_with(local, each, start):
            yield head


def _encloses(loop: n.For, start: Point) -> bool:
    node = start.node
    return node is not None and loop.start <= node.start < loop.end


def _goes_with(local: Local, choice: n.If, start: Point) -> bool:
    """Tell whether what ``choice`` has is done just if ``start`` was."""
    if start.node is None:
        return False
    names = {each.variable for each in n.walk(choice.condition) if isinstance(each, n.Name)}
    if local.variable in names:
        return True
    around = [each for each in n.inside(start.node) if isinstance(each, n.If)]
    condition = choice.condition.text
    if any(each.condition.text == condition for each in around if each is not choice):
        return True
    if not around:
        return False
    blocks = [each for each in n.inside(start.node) if isinstance(each, n.Block)]
    set_near = {
        target.variable
        for statement in blocks[0].statements
        if isinstance(statement, n.Assign)
        for target in statement.left
        if isinstance(target, n.Name)
    }
    return bool(names & (set_near - {None}))


def _loop_of(act: Act) -> n.For | None:
    node = act.run.at
    if isinstance(node, n.For):
        return node
    return next((each for each in n.inside(node) if isinstance(each, n.For)), None)
