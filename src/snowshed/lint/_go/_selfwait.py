"""A goroutine that waits for what only itself would do later.

It sends to a channel without places, and the receiver is what it starts behind that, or what it
does itself. Or it waits for goroutines to end, before it receives what they send.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._channels import Channel, Does, Operation, channels
from snowshed.lint._go._flow import Flow, Point, flow_of
from snowshed.lint._go._groups import who
from snowshed.lint._go._locals import Act, Local, locals_of
from snowshed.lint._go._threads import Run, Way, runs
from snowshed.lint._go._turns import in_function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snowshed.lint._go._function import Function
    from snowshed.lint._go._mentions import FieldOf
    from snowshed.lint._go._package import Package
    from snowshed.lint._go._scope import Variable

__all__ = ["SelfWait", "self_waits"]


@dataclass(frozen=True, slots=True)
class SelfWait:
    """A wait for what comes behind it.

    Attributes:
        channel: the channel that it is about.
        node: what waits.
        later: what would end the wait, and comes later.
        blocked: what a goroutine is stuck in that is waited for; None if nobody else is.
    """

    channel: Channel
    node: n.Node
    later: n.Node
    blocked: n.Node | None = None


def self_waits(package: Package) -> Iterator[SelfWait]:
    """Yield where a goroutine of a package waits for itself."""
    for local in locals_of(package):
        if local.is_clear:
            yield from _alone(local)
            yield from _for_group(local)
    for channel in channels(package):
        if channel.variable is None and not channel.outside:
            yield from _before_start(channel)
        if channel.capacity == 0 and (channel.outside or channel.variable is None):
            yield from _before_others(channel)


def _alone(local: Local) -> Iterator[SelfWait]:
    """Yield the operations whose other side only comes when they are done."""
    if local.channel.capacity != 0:
        return
    for act in local.of([Does.SEND, Does.RECEIVE, Does.RANGE], Way.HERE):
        others = _other_side(local, act)
        if not act.operation.is_plain or not others:
            continue
        point = local.point(act)
        if point is None or any(_may_come_first(local, each, point) for each in others):
            continue
        yield SelfWait(local.channel, act.node, others[0].node)
        return


def _other_side(local: Local, act: Act) -> list[Act]:
    if act.operation.does is Does.SEND:
        return local.receives()
    return [*local.sends(), *local.closes()]


def _may_come_first(local: Local, other: Act, point: Point) -> bool:
    """Tell whether ``other`` may be done, or its goroutine started, before ``point``."""
    if other.run.way is Way.DEFERRED:
        return False
    start = local.point(other)
    if start is None:
        return True
    if start is point:
        return other.run.way is not Way.HERE
    return _reaches(local.flow, start, point, local.made_at)


def _reaches(flow: Flow, start: Point, point: Point, without: Point | None) -> bool:
    return any(
        point is each or point in flow.reachable(each, without=lambda at: at is without)
        for each in start.next
        if each is not without
    )


def _for_group(local: Local) -> Iterator[SelfWait]:
    """Yield the waits for goroutines that send what is received only behind the wait."""
    capacity = local.channel.capacity
    if capacity is None or local.receives(Way.SPAWNED, Way.DEFERRED) or not local.receives():
        return
    sends = [act for act in local.sends(Way.SPAWNED) if act.operation.is_plain]
    if not sends or local.total(sends) <= capacity:
        return
    for wait in local.owner.all(n.Call):
        if wait.method != "Wait" or isinstance(wait.parent, n.Defer | n.Go):
            continue
        for send in sends:
            if _is_awaited(local, send, wait) and _is_before_receives(local, wait, send):
                yield SelfWait(local.channel, wait, local.receives()[0].node, send.node)
                return


def _is_awaited(local: Local, send: Act, wait: n.Call) -> bool:
    """Tell whether ``wait`` waits for the goroutine of ``send``."""
    if not isinstance(wait.called, n.Selector):
        return False
    package = local.owner.file.package
    group = who(wait.called.operand, package)
    start = send.run.at
    if group is None or send.run.spawned != 1:
        return False
    if isinstance(start, n.Call) and start.method == "Go" and isinstance(start.called, n.Selector):
        return who(start.called.operand, package) == group
    return any(_is_behind(send.run, done) for done in _dones(send.run.body, group, package))


def _dones(body: Function, group: Variable | FieldOf, package: Package) -> Iterator[n.Call]:
    for call in body.all(n.Call):
        called = call.called
        if not isinstance(called, n.Selector) or called.field_ != "Done":
            continue
        if who(called.operand, package) == group:
            yield call


def _is_behind(run: Run, done: n.Call) -> bool:
    """Tell whether ``done`` is called after what ``run`` is about, and not before."""
    if isinstance(done.parent, n.Defer):
        return True
    flow = flow_of(run.body)
    sent, point = flow.point_of(run.inner), flow.point_of(done)
    if sent is None or point is None:
        return False
    return _reaches(flow, sent, point, None) and not _reaches(flow, point, sent, None)


def _is_before_receives(local: Local, wait: n.Call, send: Act) -> bool:
    """Tell whether nothing is received before the wait, and the goroutine has been started."""
    flow = local.flow
    point, start = flow.point_of(wait), flow.point_of(send.run.at)
    if point is None or start is None or not _reaches(flow, start, point, local.made_at):
        return False
    receives = [local.point(each) for each in local.receives()]
    return all(
        each is not None and each is not point and not _reaches(flow, each, point, local.made_at)
        for each in receives
    )


def _before_start(channel: Channel) -> Iterator[SelfWait]:
    """Yield the sends behind which their function starts all that ever receives."""
    if channel.capacity is None or not channel.receives:
        return
    for sent in channel.sends:
        if not sent.is_plain or sent.function.outer is not None:
            continue
        others = [each for each in channel.sends if each is not sent and each.is_plain]
        if len(others) < channel.capacity:
            continue
        if all(_is_started_behind(each, sent) for each in channel.receives):
            yield SelfWait(channel, sent.node, channel.receives[0].node)


def _before_others(channel: Channel) -> Iterator[SelfWait]:
    """Yield the sends at which nobody else has the channel yet."""
    function = channel.function
    variable = _kept_in(channel)
    if variable is None:
        return
    flow = flow_of(function)
    made = flow.point_of(channel.made)
    for sent in channel.sends:
        at = flow.point_of(sent.node)
        if sent.function is not function or not sent.is_plain or at is None:
            continue
        uses = [use for use in variable.uses if not _is_sent_to(use, function)]
        places = [(use, flow.point_of(in_function(function, use) or use)) for use in uses]
        if not uses or any(
            point is None or point is at or _reaches(flow, point, at, made) for _, point in places
        ):
            continue
        yield SelfWait(channel, sent.node, in_function(function, uses[-1]) or uses[-1])


def _kept_in(channel: Channel) -> Variable | None:
    """Return the variable that is set to the channel and to nothing else."""
    made = channel.made.parent
    if not isinstance(made, n.Assign | n.Var) or channel.made not in made.right:
        return None
    name = made.left[made.right.index(channel.made)] if len(made.left) == len(made.right) else None
    variable = name.variable if isinstance(name, n.Name) else None
    if variable is None or variable.function is not channel.function:
        return None
    return None if n.is_set_again(variable) or variable.declared is not name else variable


def _is_sent_to(use: n.Name, function: Function) -> bool:
    return use.function is function and isinstance(use.parent, n.Send) and use.parent.channel is use


def _is_started_behind(received: Operation, sent: Operation) -> bool:
    owner = sent.function
    if owner not in _outers(received.function):
        return False
    flow, point = flow_of(owner), flow_of(owner).point_of(sent.node)
    found = runs(received.node, owner, _no_calls)
    if not found or point is None:
        return False
    for run in found:
        start = flow.point_of(run.at)
        if run.way is Way.UNKNOWN or start is None or _reaches(flow, start, point, None):
            return False
    return True


def _outers(function: Function) -> Iterator[Function]:
    at: Function | None = function
    while at is not None:
        yield at
        at = at.outer


def _no_calls(_: Function) -> Iterable[n.Call]:
    return ()
