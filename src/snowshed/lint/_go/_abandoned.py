"""Senders that nobody receives from any more: who, and how it comes to that.

A function makes a channel, starts a goroutine that sends to it, and receives. If a way leads out
of the function on which it does not receive, or not all, the goroutine is stuck: nobody else has
the channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._leaving import Leaving, leaves_early, leaves_without
from snowshed.lint._go._locals import MANY, Act, Local, locals_of
from snowshed.lint._go._threads import Way
from snowshed.lint._go._types import is_channel, type_of

if TYPE_CHECKING:
    from snowshed.lint._go._flow import Point
    from snowshed.lint._go._package import Package

__all__ = ["Abandoned", "How", "abandoned"]

_FEW = 2
"""So many receives are no loop that takes as many as the loop that sends."""
_AGREED = re.compile(r"\batomic\.|\bCompareAndSwap|\.(?:Add|Swap|Load)\w*\(")
_ERROR = re.compile(r"\b[eE]rr(?:or)?\b|Err\b|Error\b|\bErr[A-Z]|Error\{")
_FAILED = re.compile(r"\b[eE]rr\w*\s*!=\s*nil")


class How(Enum):
    """How it comes that nobody receives."""

    SELECT = auto()
    """A select that would receive leaves by another case."""
    RETURN = auto()
    """The function leaves before it receives, or before it has received all."""
    FEWER = auto()
    """It receives less often than is sent."""
    AGAIN = auto()
    """An error is sent, and then what would have been sent without it: it receives one of both."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Sends of one goroutine that nobody may receive.

    Attributes:
        local: the channel.
        sends: the sends, in the order of the source.
        how: how it comes to that.
        leaving: where the receiver leaves; None if it only receives too little.
        total: how many sends there are at most for one channel.
        before: the send of an error that ``AGAIN`` is about.
    """

    local: Local
    sends: tuple[Act, ...]
    how: How
    leaving: Leaving | None
    total: int
    before: Act | None = None

    @property
    def first(self) -> n.Node:
        """The send to tell about: one that may come behind another, or the first."""
        return (_second(self.sends) or self.sends[0]).node

    @property
    def fits(self) -> int:
        """Return the capacity with which all of them would end; 0: no number is enough."""
        return 0 if self.total >= MANY else self.total


def abandoned(package: Package) -> list[Abandoned]:
    """Return the senders of a package that nobody may receive from; it is worked out once."""
    found = package.kept.get("abandoned")
    if not isinstance(found, list):
        found = package.kept["abandoned"] = list(_abandoned(package))
    return found


def _abandoned(package: Package) -> Iterator[Abandoned]:
    told: set[n.Node] = set()
    for local in locals_of(package):
        for each in _of(local, locals_of(package)):
            if each.first not in told:
                told.add(each.first)
                yield each


def _of(local: Local, others: list[Local]) -> Iterator[Abandoned]:
    if not local.is_clear or not local.receives(Way.HERE):
        return
    # Who sends to itself has tokens in the channel, not results.
    if local.receives(Way.SPAWNED, Way.DEFERRED) or local.sends(Way.HERE) or _ends_program(local):
        return
    sends = [act for act in local.sends(Way.SPAWNED) if act.operation.is_plain]
    total = local.total(sends)
    if not _is_too_small(local, total):
        return
    threads: dict[n.Node, list[Act]] = {}
    for act in sends:
        threads.setdefault(act.run.at, []).append(act)
    for at, acts in threads.items():
        found = _thread(local, at, acts, others, total)
        if found is not None:
            yield found


def _is_too_small(local: Local, total: int) -> bool:
    """Tell whether not all that is sent finds a place in the channel."""
    capacity = local.channel.capacity
    if capacity is None:
        return local.channel.is_fixed and total >= MANY
    return total > capacity


def _ends_program(local: Local) -> bool:
    """Tell whether the program ends when the owner does."""
    return local.owner.name == "main" and local.owner.file.package.name == "main"


def _thread(
    local: Local, at: n.Node, acts: list[Act], others: list[Local], total: int
) -> Abandoned | None:
    start = local.flow.point_of(at)
    if start is None:
        return None
    received = local.total(local.receives(Way.HERE))
    capacity = local.channel.capacity
    is_short = capacity is not None and received < MANY and total > received + capacity
    again = _again(acts) if is_short else None
    if again is not None:
        return Abandoned(local, (again[1],), How.AGAIN, None, total, again[0])
    unusual = _fed_instead(local, acts, others)
    leaving = leaves_without(local, start, unusual)
    if leaving is not None:
        how = How.RETURN if leaving.select is None else How.SELECT
        return Abandoned(local, tuple(acts), how, leaving, total)
    for act in local.receives(Way.HERE):
        found = leaves_early(
            local, act, unusual, is_last=total < MANY and not _is_too_small(local, total - 1)
        )
        if found is not None and _has_more(local, acts, found):
            how = How.RETURN if found.select is None else How.SELECT
            return Abandoned(local, tuple(acts), how, found, total)
    if is_short and received <= _FEW and _never_stops(local, acts):
        return Abandoned(local, tuple(acts), How.FEWER, None, total)
    return None


def _has_more(local: Local, acts: list[Act], leaving: Leaving) -> bool:
    """Tell whether there is more to receive where it leaves.

    One goroutine may well send nothing after what makes the receiver leave; nor does it send again
    before it is asked to, if its loop waits for somebody.
    """
    if _are_many(local, acts):
        return True
    return not leaving.is_told and not all(_is_asked(act) for act in acts)


def _never_stops(local: Local, acts: list[Act]) -> bool:
    """Tell whether more is sent for sure: by several goroutines, or in a loop without an end."""
    if all(map(_is_of_one, acts)):
        return False
    if _are_many(local, acts) or not any(act.run.is_in_loop for act in acts):
        return True
    for act in acts:
        for loop in _loops(act):
            if loop.is_endless and not _is_asked(act) and not _is_chosen(act):
                return all(not isinstance(each, n.Return | n.Branch) for each in n.walk(loop.body))
    return False


def _is_of_one(act: Act) -> bool:
    """Tell whether goroutines agree on which of them sends: the last, or the first."""
    nearest = next((each for each in n.inside(act.node) if isinstance(each, n.If)), None)
    return nearest is not None and _AGREED.search(nearest.condition.text) is not None


def _loops(act: Act) -> Iterator[n.For]:
    """Yield the loops of its goroutine that an act is done in."""
    for step in act.run.steps:
        for each in n.inside(step):
            if isinstance(each, n.For):
                yield each
        if step is act.run.inner:
            return


def _is_asked(act: Act) -> bool:
    """Tell whether each turn of the loop waits for somebody else."""
    return any(
        isinstance(each, n.Receive | n.Select)
        or (isinstance(each, n.For) and _goes_over_channel(each))
        for loop in _loops(act)
        for each in n.walk(loop)
    )


def _goes_over_channel(loop: n.For) -> bool:
    return loop.ranged is not None and is_channel(type_of(loop.ranged))


def _is_chosen(act: Act) -> bool:
    """Tell whether an act in a loop is done only in some of its turns."""
    loops = [*_loops(act)]
    if not loops:
        return False
    for each in n.inside(act.node):
        if each is loops[0]:
            return False
        if isinstance(each, n.If | n.Switch | n.Select):
            return True
    return True


def _second(acts: Sequence[Act]) -> Act | None:
    """Return an act that the same run of a goroutine may do after one of ``acts`` was done."""
    body = acts[0].run.body
    flow = flow_of(body)
    places = [(act, flow.point_of(act.run.inner)) for act in acts if act.run.body is body]
    for before, point in places:
        after = set().union(*(flow.reachable(each) for each in point.next)) if point else set()
        for act, place in places:
            if place in after and (act is not before or not before.run.is_in_loop):
                return act
    return None


def _again(acts: Sequence[Act]) -> tuple[Act, Act] | None:
    """Return the send of an error, and one that the same run of its goroutine may do after it."""
    for before in acts:
        if not _is_of_error(before):
            continue
        function = before.node.function
        flow = flow_of(function)
        point = flow.point_of(before.node)
        after = set().union(*(flow.reachable(each) for each in point.next)) if point else set()
        behind = [act for act in acts if act.node.function is function]
        found = [act for act in behind if flow.point_of(act.node) in after]
        if found:
            return before, before if before in found else found[0]
    return None


def _is_of_error(act: Act) -> bool:
    """Tell whether a send is done because something has failed."""
    node = act.node
    if isinstance(node, n.Send) and _ERROR.search(node.value.text):
        return any(isinstance(each, n.If | n.Case) for each in n.inside(node))
    nearest = next((each for each in n.inside(node) if isinstance(each, n.If)), None)
    return nearest is not None and _FAILED.search(nearest.condition.text) is not None


def _are_many(local: Local, acts: list[Act]) -> bool:
    """Tell whether several goroutines send, so that one may be told to end and others not."""
    return any(local.is_started_often(act) for act in acts)


def _fed_instead(local: Local, acts: list[Act], others: list[Local]) -> set[Point]:
    """Return the cases that are taken only if the goroutine will not send any more.

    It sends its result to one channel or its error to another, and ``select`` waits for both: by
    which case it leaves, nothing is left behind.
    """
    if any(local.is_started_often(act) for act in acts):
        return set()
    found: set[Point | None] = set()
    for other in others:
        if other is local or other.owner is not local.owner or not other.is_clear:
            continue
        feeds = [*other.sends(), *other.closes()]
        if feeds and all(_instead(feed, acts) for feed in feeds):
            found |= {other.point(each) for each in other.receives(Way.HERE)}
    return {each for each in found if each is not None}


def _instead(feed: Act, acts: list[Act]) -> bool:
    """Tell whether nothing of ``acts`` is done by the same goroutine after ``feed``."""
    body = acts[0].run.body
    if feed.run.body is not body or feed.run.at is not acts[0].run.at:
        return False
    flow = flow_of(body)
    if isinstance(feed.run.inner, n.Defer):
        return True
    point = flow.point_of(feed.run.inner)
    if point is None:
        return False
    after = set().union(*(flow.reachable(each) for each in point.next))
    return not any(flow.point_of(act.run.inner) in after for act in acts)
