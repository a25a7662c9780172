"""One side of a channel may leave, and the other does not ask whether it has.

All who receive are cases of a select from which another case leads out of the function; who sends
waits for nothing but a receiver. Or the other way round: all who send may give up, nobody closes,
and who receives waits for nothing but a sender. It does not matter where the channel is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._go._channels import Channel, Does, Operation, channels
from snowshed.lint._go._flow import End, flow_of
from snowshed.lint._go._leaving import is_counted

if TYPE_CHECKING:
    from snowshed.lint._go import _nodes as n
    from snowshed.lint._go._package import Package

__all__ = ["Unserved", "unserved"]


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


def unserved(package: Package) -> list[Unserved]:
    """Return the operations of a package whose other side may have left; it is worked out once."""
    found = package.kept.get("unserved")
    if not isinstance(found, list):
        found = package.kept["unserved"] = list(_unserved(package))
    return found


def _unserved(package: Package) -> Iterator[Unserved]:
    told: set[n.Node] = set()
    for channel in channels(package):
        if channel.outside or channel.capacity != 0 or _is_test(channel.made):
            continue
        # What stays in a function is looked at with the ways through it.
        if channel.variable is not None:
            continue
        for each in (*_senders(channel), *_receivers(channel)):
            if each.operation.node not in told and not _is_test(each.operation.node):
                told.add(each.operation.node)
                yield each


def _is_test(node: n.Node) -> bool:
    """Tell whether something is done by a test, which knows what it may do when."""
    return node.function.file.source.is_test


def _senders(channel: Channel) -> Iterator[Unserved]:
    way = _way_out(channel, channel.receives)
    if way is not None:
        for each in channel.sends:
            if each.is_plain:
                yield Unserved(channel, each, *way)


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
        case = _leaving_case(channel, operation)
        select = operation.select
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
    like = {
        flow.point_of(each.node)
        for each in channel.of(*_side(operation))
        if each.function is operation.function
    }
    for case in select.cases:
        point = flow.at.get(case)
        if case is operation.case or point is None or point in like:
            continue
        reached = flow.ends_after(
            point, without=lambda at: at is head or at in like or is_counted(at)
        )
        if any(each.end in {End.RETURN, End.GOEXIT} for each in reached):
            return case
    return None


def _side(operation: Operation) -> tuple[Does, ...]:
    return (Does.SEND,) if operation.does is Does.SEND else (Does.RECEIVE, Does.RANGE)
