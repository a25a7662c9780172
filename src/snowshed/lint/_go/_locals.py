"""A channel that stays in the function that makes it, and who does what with it there.

Of such a channel everything is known: the function, the goroutines that it starts and the helpers
that it hands the channel to are all that ever sends or receives. So it can be counted how often,
and asked whether the function may end while somebody still waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._channels import Channel, Does, Operation, channels
from snowshed.lint._go._flow import Flow, Point, flow_of
from snowshed.lint._go._numbers import length_of, number
from snowshed.lint._go._scope import Kind, Variable
from snowshed.lint._go._threads import Run, Way, runs

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["MANY", "Act", "Local", "locals_of", "most"]

MANY = 1000
"""How often it is done if that has no limit."""


@dataclass(frozen=True, slots=True)
class Act:
    """An operation, and one way in which it comes to run."""

    operation: Operation
    run: Run

    @property
    def node(self) -> n.Node:
        """The operation's node."""
        return self.operation.node


@dataclass(slots=True, eq=False)
class Local:
    """A channel that stays in the function that makes it.

    Attributes:
        channel: the channel.
        variable: what holds it there.
        acts: what is done with it, and by whom.
        is_clear: whether it is known by whom.
    """

    channel: Channel
    variable: Variable
    acts: list[Act] = field(default_factory=list)
    is_clear: bool = True

    @property
    def owner(self) -> Function:
        """Who makes it."""
        return self.channel.function

    @property
    def name(self) -> str:
        """What it is called there."""
        return self.variable.name

    @property
    def flow(self) -> Flow:
        """The ways through its owner."""
        return flow_of(self.owner)

    @property
    def made_at(self) -> Point | None:
        """Where it is made."""
        return self.flow.point_of(self.channel.made)

    def of(self, does: Iterable[Does], *ways: Way) -> list[Act]:
        """Return what is done of some kinds in some ways; no ways: in all."""
        kinds = set(does)
        return [
            act
            for act in self.acts
            if act.operation.does in kinds and (not ways or act.run.way in ways)
        ]

    def sends(self, *ways: Way) -> list[Act]:
        """Return what sends."""
        return self.of([Does.SEND], *ways)

    def receives(self, *ways: Way) -> list[Act]:
        """Return what receives."""
        return self.of([Does.RECEIVE, Does.RANGE], *ways)

    def closes(self, *ways: Way) -> list[Act]:
        """Return what closes."""
        return self.of([Does.CLOSE], *ways)

    def point(self, act: Act) -> Point | None:
        """Return the point of the owner at which an act comes to run."""
        return self.flow.point_of(act.run.at)

    def is_repeated(self, node: n.Node) -> bool:
        """Tell whether ``node`` of the owner may be done again for one and the same channel."""
        start, made = self.flow.point_of(node), self.made_at
        if start is None:
            return True
        return any(
            start is each or start in self.flow.reachable(each, without=lambda at: at is made)
            for each in start.next
            if each is not made
        )

    def total(self, acts: Iterable[Act]) -> int:
        """Return how often some acts may be done at most, all together, for one channel."""
        return self._most(self.owner, [(act, len(act.run.steps) - 1) for act in acts])

    def _most(self, function: Function, acts: Iterable[tuple[Act, int]]) -> int:
        """Return how much one run of ``function`` does, by the steps of its own that lead there."""
        groups: dict[n.Node, list[tuple[Act, int]]] = {}
        for act, depth in acts:
            groups.setdefault(act.run.steps[depth], []).append((act, depth))
        flow, weights = flow_of(function), dict[Point, int]()
        for step, group in groups.items():
            point = flow.point_of(step)
            if point is None:
                return MANY
            below = [(act, depth - 1) for act, depth in group if depth > 0]
            weight = MANY if not below and act_ranges(group) else 1
            if below:
                weight = self._most(below[0][0].run.steps[below[0][1]].function, below)
            if self.is_repeated(step) if function is self.owner else flow.is_in_loop(point):
                weight *= self._turns(step)
            weights[point] = min(weights.get(point, 0) + weight, MANY)
        return most(flow, weights, self.made_at if function is self.owner else None)

    def _turns(self, step: n.Node) -> int:
        """Return how often the loops around ``step`` turn for one channel."""
        found = 1
        loops = [each for each in n.inside(step) if isinstance(each, n.For)]
        for loop in loops:
            if loop.start <= self.channel.made.start < loop.end and loop.function is self.owner:
                break
            found = min(found * turns(loop), MANY)
        return found if loops else MANY

    def is_started_often(self, act: Act) -> bool:
        """Tell whether several goroutines may do an act with one channel."""
        steps = act.run.steps
        if act.run.body is self.owner:
            return False
        for step in steps[steps.index(act.run.inner) + 1 :]:
            if step.function is self.owner:
                return self.is_repeated(step)
            flow = flow_of(step.function)
            point = flow.point_of(step)
            if point is None or flow.is_in_loop(point):
                return True
        return False


def act_ranges(acts: Iterable[tuple[Act, int]]) -> bool:
    """Tell whether one of some acts goes over all that is sent."""
    return any(act.operation.does is Does.RANGE for act, _ in acts)


def turns(loop: n.For) -> int:
    """Return how often a loop turns, if a number in it says so: ``for i := 0; i < 3; i++``."""
    length = length_of(loop.ranged)
    ranged = number(loop.ranged) if length is None else length
    if ranged is not None:
        return ranged
    init, condition = loop.init, loop.condition
    if not isinstance(init, n.Assign) or not isinstance(condition, n.Binary):
        return MANY
    first = number(init.right[0]) if init.right else None
    last = number(condition.right)
    if first is None or last is None or not isinstance(loop.update, n.Increment):
        return MANY
    count = last - first + (condition.operator == "<=")
    return max(count, 0) if condition.operator in {"<", "<=", "!="} else MANY


def most(flow: Flow, weights: dict[Point, int], again: Point | None = None) -> int:
    """Return how much a way through ``flow`` has at most, if its points weigh so much.

    At ``again`` the count begins anew: there another channel is made.
    """
    if not weights:
        return 0

    def weight(part: Sequence[Point]) -> int:
        return min(sum(weights.get(point, 0) for point in part), MANY)

    found: dict[Point, int] = {}
    # Those that come later first, so that what follows a part is known when it is come to.
    begin = flow.start if again is None else again
    for part in components(begin, lambda at: [each for each in at.next if each is not again]):
        behind = [found[each] for point in part for each in point.next if each in found]
        total = min(weight(part) + max(behind, default=0), MANY)
        found.update(dict.fromkeys(part, total))
    return found[begin]


def components(
    start: Point, following: Callable[[Point], Iterable[Point]]
) -> Iterator[Sequence[Point]]:
    """Yield the strongly connected parts of what is reached from ``start``, the last ones first.

    Source: Tarjan, "Depth-first search and linear graph algorithms" (1972), without recursion.
    """
    number: dict[Point, int] = {start: 0}
    lowest = {start: 0}
    stack, held = [start], {start}
    work = [(start, iter(following(start)))]
    while work:
        point, rest = work[-1]
        for each in rest:
            if each not in number:
                number[each] = lowest[each] = len(number)
                stack.append(each)
                held.add(each)
                work.append((each, iter(following(each))))
                break
            if each in held:
                lowest[point] = min(lowest[point], number[each])
        else:
            work.pop()
            if work:
                lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[point])
            if lowest[point] == number[point]:
                place = stack.index(point)
                part = stack[place:]
                del stack[place:]
                held.difference_update(part)
                yield part


def locals_of(package: Package) -> list[Local]:
    """Return the channels of a package that stay where they are made; it is worked out once."""
    found = package.kept.get("local channels")
    if not isinstance(found, list):
        found = package.kept["local channels"] = list(_locals(package))
    return found


def _locals(package: Package) -> Iterator[Local]:
    for channel in channels(package):
        variable = channel.variable
        if channel.outside or variable is None or variable.function is not channel.function:
            continue
        if variable.kind is not Kind.LOCAL or _is_set_otherwise(variable, channel.made):
            continue
        yield _read(Local(channel, variable))


def _is_set_otherwise(variable: Variable, made: n.Call) -> bool:
    """Tell whether a variable may hold another channel, too."""
    if variable.source is not None:
        return True
    values = [variable.value] if variable.value is not None else []
    for use in variable.uses:
        parent = use.parent
        if isinstance(parent, n.Assign) and use in parent.left:
            if len(parent.left) != len(parent.right):
                return True
            values.append(parent.right[parent.left.index(use)])
    return any(value is not made and value.text != "nil" for value in values)


def _read(local: Local) -> Local:
    calls = _followed(local.channel)
    for operation in local.channel.operations:
        if operation.does is Does.LENGTH:
            continue
        found = runs(operation.node, local.owner, calls)
        is_clear = operation.is_sure and not _is_of_another_run(operation, local)
        if not found or not is_clear or any(each.way is Way.UNKNOWN for each in found):
            local.is_clear = False
        local.acts += [Act(operation, each) for each in found]
    return local


def _is_of_another_run(operation: Operation, local: Local) -> bool:
    """Tell whether the owner calls itself with the channel: that run of it is another owner."""
    keep = operation.keep
    return (
        isinstance(keep, Variable) and keep is not local.variable and keep.function is local.owner
    )


def _followed(channel: Channel) -> Callable[[Function], Iterable[n.Call]]:
    def calls(function: Function) -> Iterable[n.Call]:
        found: list[n.Call] = []
        given = [*function.parameters]
        if function.receiver is not None:
            given.append(function.receiver)
        for parameter in given:
            for call in channel.entries.get(parameter, ()):
                if call not in found:
                    found.append(call)
        return found

    return calls
