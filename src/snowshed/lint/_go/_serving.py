"""One side of a channel may leave, and the other does not ask whether it has.

All who receive are cases of a select from which another case leads out of the function; who sends
waits for nothing but a receiver. Or the other way round: all who send may give up, nobody closes,
and who receives waits for nothing but a sender. It does not matter where the channel is kept.

Who has put his channel into a list, of those to whom each event is sent, leaves by a ``return``,
too: then who sends to all waits for him.

A channel with places takes what comes until it is full, and many such channels are only ever sent
to as often as they have places: tokens, one answer. So of those only a queue counts: its one
receiver goes on until it is told to stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._callers import callers, is_started
from snowshed.lint._go._channels import Channel, Does, Operation, channels
from snowshed.lint._go._flow import End, flow_of, is_repeated
from snowshed.lint._go._leaving import is_counted
from snowshed.lint._go._mentions import ElementOf
from snowshed.lint._go._stops import tells_to_stop

if TYPE_CHECKING:
    from snowshed.lint._go._flow import Flow, Point
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["Unserved", "Unsubscribed", "unserved", "unsubscribed"]

_LARGE = 1000
_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Unserved:
    """An operation that waits for a side that may have left.

    Attributes:
        channel: the channel.
        operation: what waits.
        select: a select of the other side.
        case: by which case that leaves.
    """

    channel: Channel
    operation: Operation
    select: n.Select
    case: n.Case

    @property
    def is_reply(self) -> bool:
        """Whether who makes the channel waits for somebody else to answer by it."""
        maker = self.channel.function
        others = self.operation.function.outermost is not maker.outermost
        return others and all(each.function is maker for each in self.channel.receives)


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """A send to one of many, who may have left.

    Attributes:
        channel: the channel of the one.
        operation: the send to all.
        end: the ``return`` by which the one leaves.
    """

    channel: Channel
    operation: Operation
    end: n.Return


def unsubscribed(package: Package) -> Iterator[Unsubscribed]:
    """Yield the sends to all of a list of channels whose makers may leave while they are sent."""
    told: set[n.Node] = set()
    for channel in channels(package):
        if channel.outside or channel.capacity != 0 or _is_test(channel.made):
            continue
        if not any(isinstance(each, ElementOf) for each in channel.keeps):
            continue
        ends = [_end_of(channel, each) for each in channel.receives]
        if not ends or ends[0] is None or None in ends:
            continue
        for each in channel.sends:
            if each.is_plain and each.node not in told and not _is_test(each.node):
                told.add(each.node)
                yield Unsubscribed(channel, each, ends[0])


def _end_of(channel: Channel, received: Operation) -> n.Return | None:
    """Return where its maker leaves the loop in which it takes one event after the other."""
    node, function = received.node, received.function
    flow = flow_of(function)
    at = flow.point_of(node)
    if at is None or not received.is_plain or function is not channel.function:
        return None
    like = _alike(channel, received, flow)
    behind: set[Point] = set()
    for each in at.next if flow.is_in_loop(at) else ():
        if each not in like:
            behind |= flow.reachable(each, without=lambda at: at in like or is_counted(at))
    loops = [each for each in (node, *n.inside(node)) if isinstance(each, n.For)]
    for returned in function.all(n.Return):
        if flow.at.get(returned) in behind and _is_within(returned, loops[0]):
            return returned
    return None


def _is_within(node: n.Node, loop: n.For) -> bool:
    return loop.start <= node.start < loop.end


def unserved(package: Package) -> list[Unserved]:
    """Return the operations of a package whose other side may have left; it is worked out once."""
    found = package.kept.get("unserved")
    if not isinstance(found, list):
        found = package.kept["unserved"] = list(_unserved(package))
    return found


def _unserved(package: Package) -> Iterator[Unserved]:
    told: set[n.Node] = set()
    for channel in channels(package):
        if channel.outside or not _fills(channel) or _is_test(channel.made):
            continue
        # What stays in a function is looked at with the ways through it.
        if channel.variable is not None:
            continue
        senders = [*_senders(channel)]
        for each in senders if channel.capacity != 0 else (*senders, *_receivers(channel)):
            if each.operation.node not in told and not _is_test(each.operation.node):
                told.add(each.operation.node)
                yield each


def _fills(channel: Channel) -> bool:
    """Tell whether there may be no place left in a channel."""
    return channel.is_fixed and (channel.capacity or 0) <= _LARGE


def _is_test(node: n.Node) -> bool:
    """Tell whether something is done by a test, which knows what it may do when."""
    return node.function.file.source.is_test


def _senders(channel: Channel) -> Iterator[Unserved]:
    way = _way_out(channel, channel.receives)
    if way is not None:
        for each in channel.sends:
            found = Unserved(channel, each, *way)
            if each.is_plain and (channel.capacity == 0 or _is_queued(found)):
                yield found


def _is_queued(found: Unserved) -> bool:
    """Tell whether a send to a channel with places may find none left."""
    channel, capacity = found.channel, found.channel.capacity
    if found.is_reply or len({each.function for each in channel.receives}) > 1:
        return False
    if _is_alone(found.operation.function):
        return capacity is not None and capacity < sum(
            _is_alone(each.function) for each in channel.sends
        )
    return capacity != 1


def _is_alone(literal: Function) -> bool:
    """Tell whether a goroutine is made for what ``literal`` does, so that there may be many."""
    called = (each.call for each in literal.outer.all(n.Go)) if literal.outer is not None else ()
    return any(
        isinstance(call, n.Call)
        and isinstance(call.called, n.FunctionLiteral)
        and call.called.literal is literal
        for call in called
    )


def _receivers(channel: Channel) -> Iterator[Unserved]:
    if channel.closes:
        return
    way = _way_out(channel, channel.sends)
    if way is not None:
        for each in channel.receives:
            if each.is_plain:
                yield Unserved(channel, each, *way)


def _way_out(channel: Channel, operations: list[Operation]) -> tuple[n.Select, n.Case] | None:
    """Return how one side leaves, if each operation of it may be left out; None: it may not."""
    found = None
    for operation in operations:
        select = operation.select
        if select is not None and select.has_default and channel.capacity != 0:
            continue  # takes what is there, and waits nowhere
        case = _leaving_case(channel, operation)
        if case is None or select is None:
            return None
        found = found or (select, case)
    return found


def _leaving_case(channel: Channel, operation: Operation) -> n.Case | None:
    """Return a case by which a select leaves without doing the like of ``operation``."""
    select = operation.select
    if select is None or select.has_default:
        return None
    flow = flow_of(operation.function)
    head = flow.at.get(select)
    like = _alike(channel, operation, flow)
    is_queue = channel.capacity != 0
    if is_queue and not _is_in_loop(select):
        return None
    if not is_queue and not _is_for_good(channel, select):
        return None
    for case in select.cases:
        point = flow.at.get(case)
        if case is operation.case or point is None or point in like:
            continue
        if is_queue and (case.received is None or not tells_to_stop(case.received)):
            continue
        reached = flow.ends_after(
            point, without=lambda at: at is head or at in like or is_counted(at)
        )
        if any(each.end in {End.RETURN, End.GOEXIT} for each in reached):
            return case
    return None


def _is_for_good(channel: Channel, select: n.Select) -> bool:
    """Tell whether nobody comes back to ``select`` when its function has left.

    A loop is left for good, and a channel that was made for one call is. What is called once for
    each element leaves each time.
    """
    function = select.function
    if any(isinstance(each, n.For) for each in n.inside(select)):
        return True
    if function.outermost is channel.function.outermost:
        return True
    return not _is_called_again(function)


def _is_called_again(function: Function, levels: int = _LEVELS) -> bool:
    """Tell whether ``function`` may be called more than once; one that is a goroutine is not."""
    if function.outer is not None or function.name in {"main", "init"}:
        return False
    if function.name[:1].isupper():
        return True
    calls = callers(function)
    if not calls:
        return not is_started(function)
    return any(
        is_repeated(call) or (levels > 0 and _is_called_again(call.function, levels - 1))
        for call in calls
    )


def _alike(channel: Channel, operation: Operation, flow: Flow) -> set[Point | None]:
    """Return where the function of ``operation`` does the like, or looks whether it has to."""
    found = set()
    for each in channel.of(*_side(operation)):
        if each.function is operation.function:
            found.add(flow.point_of(each.node))
            if each.select is not None and each.select.has_default:
                found.add(flow.at.get(each.select))
    return found


def _is_in_loop(select: n.Select) -> bool:
    return any(isinstance(each, n.For) and each.ranged is None for each in n.inside(select))


def _side(operation: Operation) -> tuple[Does, ...]:
    return (Does.SEND,) if operation.does is Does.SEND else (Does.RECEIVE, Does.RANGE)
