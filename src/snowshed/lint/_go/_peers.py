"""Who would end a wait, and whether he has to take a lock first that the waiting one holds.

A goroutine that sends with a mutex held is stuck if the one that receives needs the same mutex to
get to its receive: before it, or between two receives of a loop. Who receives is known from the
channels of the package (`_channels`), who calls ``Done`` or ``Broadcast`` from the field or the
variable that it is called on. If one of them needs no lock, he will end the wait, and nothing is
said.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._callers import callers
from snowshed.lint._go._channels import Channel, Does, Operation, channels
from snowshed.lint._go._flow import Flow, Point, flow_of, is_repeated
from snowshed.lint._go._held import is_waiting
from snowshed.lint._go._locking import locking
from snowshed.lint._go._locks import Action, condition_lock, is_condition, operation_of
from snowshed.lint._go._place import Place, class_of
from snowshed.lint._go._places import place_of
from snowshed.lint._go._stops import ends_all
from snowshed.lint._go._targets import targets

if TYPE_CHECKING:
    from snowshed.lint._go._events import Key
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["Takes", "enders", "is_released_by", "takes_before"]

_WAKERS = frozenset({"Done", "Broadcast", "Signal"})
_WAKES = re.compile(rb"\.(?:Done|Broadcast|Signal)\(\)")
_LEVELS = 3
_LARGE = 10_000
"""A buffer with more places is taken to be never full: one of a thousand is, in a flood."""
_MOST = 300


@dataclass(frozen=True, slots=True)
class Takes:
    """That somebody takes a lock.

    Attributes:
        node: where.
        mode: how.
    """

    node: n.Node
    mode: str


def is_released_by(wait: n.Node, lock: Place) -> bool:
    """Tell whether ``wait`` itself releases ``lock``: a condition does so with its own."""
    if not isinstance(wait, n.Call) or not isinstance(wait.called, n.Selector):
        return False
    package = wait.function.file.package
    place = place_of(wait.called.operand)
    if place is None:
        return True
    own = condition_lock(package, place)
    if own is None and not is_condition(package, place):
        return False
    key = class_of(package, place.to("L")) if own is None else class_of(package, own[0])
    if class_of(package, lock) == key:
        return True
    # Nobody says with which lock it was made: the one beside it will be it.
    beside = class_of(package, lock)[0] == class_of(package, place)[0]
    return own is None and lock.path[-1:] != ("L",) and beside


def enders(node: n.Node) -> list[n.Node]:
    """Return who would end the wait at ``node``.

    Nobody if somebody may who is not seen, or if nothing is known of what it waits for. A case of a
    ``select`` by which all is stopped does not count: until then it waits.
    """
    if isinstance(node, n.Call):
        return _callers_of_done(node)
    cases: list[n.Node] = [node]
    if isinstance(node, n.Select):
        cases = [case for case in node.cases if not ends_all(case)] or [*node.cases]
    found: list[n.Node] = []
    for case in cases:
        of_case = _opposite(node, case)
        if not of_case:
            return []
        found += of_case
    return found


def _opposite(node: n.Node, case: n.Node) -> list[n.Node] | None:
    package = node.function.file.package
    known = _operations(package)
    stated: n.Node | None = case
    if isinstance(case, n.Case):
        is_send = isinstance(case.communication, n.Send)
        stated = case.communication if is_send else case.received
    both = known.get(stated, []) if stated is not None else []
    if not both:
        return None
    found: list[n.Node] = []
    for channel, operation in both:
        others = _others(channel, operation)
        if others is None:
            return None
        found += others
    return found or None


def _others(channel: Channel, operation: Operation) -> list[n.Node] | None:
    """Return who does the opposite of ``operation``; None if it may not wait, or others may do it.

    In a buffer there may be a place left, or an element already: a send to one is only taken for a
    wait if somebody empties it again and again, a receive not at all if there are sends.
    """
    is_buffered = channel.capacity != 0
    if operation.does is Does.SEND:
        if channel.receives_outside or _has_many_places(channel):
            return None
        ends = channel.receives or channel.closes
        if is_buffered and not any(_is_repeated(each.node) for each in ends):
            return None
    else:
        if channel.sends_outside or (is_buffered and channel.sends):
            return None
        ends = [*channel.sends, *channel.closes]
    return [each.node for each in ends]


def _has_many_places(channel: Channel) -> bool:
    """Tell whether a channel is hardly ever full, or has a place for each that is sent."""
    if channel.capacity is not None:
        return channel.capacity > _LARGE
    return not isinstance(channel.made.arguments[1], n.Name | n.Selector)


def _is_repeated(node: n.Node) -> bool:
    return isinstance(node, n.For) or is_repeated(node)


def _operations(package: Package) -> dict[n.Node, list[tuple[Channel, Operation]]]:
    found = package.kept.get("operations by node")
    if found is None:
        table: dict[n.Node, list[tuple[Channel, Operation]]] = defaultdict(list)
        for channel in channels(package):
            for operation in channel.operations:
                table[operation.node].append((channel, operation))
        found = package.kept["operations by node"] = dict(table)
    return cast("dict[n.Node, list[tuple[Channel, Operation]]]", found)


def _callers_of_done(wait: n.Call) -> list[n.Node]:
    called = wait.called
    place = place_of(called.operand) if isinstance(called, n.Selector) else None
    if place is None:
        return []
    package = wait.function.file.package
    return list(_wakers(package).get(class_of(package, place), ()))


def _wakers(package: Package) -> dict[Key, list[n.Call]]:
    """Return the calls that end a ``Wait``, by the class of what they are called on."""
    found = package.kept.get("wakers")
    if found is None:
        table: dict[Key, list[n.Call]] = defaultdict(list)
        for named in package.functions:
            for part in named.family() if _WAKES.search(named.code) else ():
                for call in part.all(n.Call):
                    place = _woken(call)
                    if place is not None:
                        table[class_of(package, place)].append(call)
        found = package.kept["wakers"] = dict(table)
    return cast("dict[Key, list[n.Call]]", found)


def _woken(call: n.Call) -> Place | None:
    called = call.called
    if call.arguments or not isinstance(called, n.Selector) or called.field_ not in _WAKERS:
        return None
    return place_of(called.operand)


def takes_before(
    node: n.Node, key: Key, waiting: n.Node, levels: int = _LEVELS, *, is_again: bool = False
) -> Takes | None:
    """Return where a lock of class ``key`` is taken by who does ``node``, to get there; or None.

    Before it, or between two turns of a loop, in the function itself or in all that call it; but
    after it has started the goroutine in which somebody is ``waiting``. With ``is_again`` only
    between two turns.
    """
    function = node.function
    found = _taken_in(node, key, waiting, is_again=is_again)
    if found is not None or levels == 0:
        return found
    is_again = is_again or _is_repeated(node)
    outer = _run_in(function)
    if outer is not None:
        return takes_before(outer, key, waiting, levels - 1, is_again=is_again)
    calls = callers(function)
    if function.outer is not None or not calls:
        return None
    for call in calls:
        found = takes_before(call, key, waiting, levels - 1, is_again=is_again)
        if found is None:
            return None
    return found


def _run_in(literal: Function) -> n.Call | None:
    """Return the call of a literal that is called where it stands, or deferred."""
    if literal.outer is None:
        return None
    for call in literal.outer.all(n.Call):
        called = call.called
        if isinstance(called, n.FunctionLiteral) and called.literal is literal:
            return None if isinstance(call.parent, n.Go) else call
    return None


def _taken_in(node: n.Node, key: Key, waiting: n.Node, *, is_again: bool = False) -> Takes | None:
    function = node.function
    flow = flow_of(function)
    at = flow.point_of(node)
    if at is None:
        return None
    held = _held_at(function, at, key)
    if held is not None:
        return held
    is_deferred = isinstance(node.parent, n.Defer)
    since = _since(function, waiting)
    known = _known_to_others(function, node)
    since = known if since is None else since if known is None else since & known
    for call in function.all(n.Call):
        if isinstance(call.parent, n.Go) or (since is not None and not _is_in(flow, call, since)):
            continue
        if isinstance(call.parent, n.Defer):
            # What is deferred is done in reverse order.
            is_before = is_deferred and call.start > node.start
        else:
            is_before = is_deferred or _leads(flow, call, at, is_again=is_again)
        takes = _by(call, key) if is_before else None
        if takes is not None:
            return takes
    return None if node is waiting else _by_wait(function, node, key)


def _by_wait(function: Function, node: n.Node, key: Key) -> Takes | None:
    """Return how a wait that comes before ``node`` is ended by those only who take the lock."""
    flow = flow_of(function)
    for kind in (n.Receive, n.Send):
        for wait in function.all(kind):
            if wait is node or not is_waiting(wait) or not _comes_before(flow, wait, node):
                continue
            found = None
            for each in enders(wait):
                found = _taken_in(each, key, each)
                if found is None:
                    break
            if found is not None:
                return found
    return None


def _comes_before(flow: Flow, wait: n.Node, node: n.Node) -> bool:
    """Tell whether each way to ``node`` leads by ``wait``."""
    point, at = flow.point_of(wait), flow.point_of(node)
    if point is None or at is None:
        return False
    other = flow.reachable(flow.start, without=lambda each: each is point)
    if isinstance(node.parent, n.Defer):
        return not any(each.end is not None for each in other)
    return at not in other


def _since(function: Function, waiting: n.Node) -> set[Point] | None:
    """Return what ``function`` does after it has started the goroutine that is ``waiting``."""
    flow = flow_of(function)
    started = []
    for each in function.all(n.Go):
        call = each.call
        if isinstance(call, n.Call):
            inner = {target.function for target in targets(call)}
            at: Function | None = waiting.function
            while at is not None:
                if at in inner:
                    started.append(flow.point_of(each))
                at = at.outer
    found: set[Point] = set()
    for point in started:
        if point is not None:
            found |= {each for next_ in point.next for each in flow.reachable(next_)}
    return found if started else None


def _known_to_others(function: Function, node: n.Node) -> set[Point] | None:
    """Return what ``function`` does after others know the channel of ``node``; None: all.

    Who puts a channel of his own into a queue, under a lock, and waits for somebody who takes it
    from there has released that lock before anybody can look.
    """
    flow = flow_of(function)
    found: set[Point] | None = None
    for channel, _ in _operations(function.file.package).get(node, ()):
        if channel.function is not function:
            continue
        found = set() if found is None else found
        for use in _uses(function, channel.made):
            point = flow.point_of(use)
            if point is not None and use is not node:
                found |= {each for next_ in point.next for each in flow.reachable(next_)}
    return found


def _uses(function: Function, made: n.Call) -> Iterator[n.Node]:
    """Yield where the variable that has the channel is used: a literal that uses it as a whole."""
    at: n.Node | None = made
    while at is not None and not isinstance(at, n.Assign | n.Var):
        at = at.parent
    names = [each for each in at.left if isinstance(each, n.Name)] if at is not None else []
    for name in names:
        for use in name.variable.uses if name.variable is not None else ():
            if use.function is function:
                if not _is_waited_on(use):
                    yield use
            else:
                yield from (
                    each
                    for each in function.all(n.FunctionLiteral)
                    if use.function in each.literal.family()
                )


def _is_waited_on(use: n.Name) -> bool:
    at: n.Node = use
    while isinstance(at.parent, n.Selector):
        at = at.parent
    return isinstance(at.parent, n.Receive | n.For)


def _is_in(flow: Flow, call: n.Call, points: set[Point]) -> bool:
    return flow.point_of(call) in points


def _held_at(function: Function, at: Point, key: Key) -> Takes | None:
    package = function.file.package
    summary = locking(package).get(function)
    state = summary.before.get(at) if summary is not None else None
    for lock, hold in state.holds.items() if state is not None else ():
        if class_of(package, lock) == key:
            return Takes(min(hold.by, key=lambda node: node.start), hold.mode)
    return None


def _leads(flow: Flow, call: n.Call, to: Point, *, is_again: bool) -> bool:
    """Tell whether ``call`` is done before ``to``; if that is done again and again, between two.

    What is done once before a loop mostly is what makes its goroutine known to the other one.
    """
    point = flow.point_of(call)
    if point is None or not _follows(flow, to, point):
        return False
    return not (is_again or flow.is_in_loop(to)) or _follows(flow, point, to)


def _follows(flow: Flow, point: Point, after: Point) -> bool:
    return any(point in flow.reachable(each) for each in after.next)


def _by(call: n.Call, key: Key) -> Takes | None:
    """Return where ``call`` takes a lock of class ``key``, by itself or in what it calls."""
    waiting = [call]
    seen: set[Function] = set()
    while waiting and len(seen) < _MOST:
        at = waiting.pop(0)
        operation = operation_of(at)
        if operation is not None:
            package = at.function.file.package
            if operation.action is Action.TAKE and class_of(package, operation.lock) == key:
                return Takes(at, operation.mode)
            continue
        for target in targets(at):
            if target.function not in seen:
                seen.add(target.function)
                waiting += [
                    each
                    for each in target.function.all(n.Call)
                    if not isinstance(each.parent, n.Go)
                ]
    return None
