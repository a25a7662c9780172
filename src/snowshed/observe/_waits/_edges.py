"""Snapshots as a graph of small numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from snowshed.model import TaskState
from snowshed.observe._cycles import cycles

if TYPE_CHECKING:
    from snowshed.model import TaskSnapshot
    from snowshed.observe._waits._result import Node

# For each node, its neighbours.
Edges: TypeAlias = list[Sequence[int]]


class Nodes:
    """The tasks, then the resources, and which of them waits for which.

    A resource waits for the tasks that hold it.

    Attributes:
        nodes: what each number stands for.
        seen: the tasks alone.
        tasks: so many of the nodes, the first ones, are tasks.
        nexts: what each node waits for.
        partly: tasks that may go on though what they wait for does not.
    """

    def __init__(
        self, snapshots: Iterable[TaskSnapshot], holders: Mapping[int, Collection[int]]
    ) -> None:
        # Compared one by one: to hash a member of an enumeration costs a call.
        done, unretrieved = TaskState.DONE, TaskState.UNRETRIEVED
        by_id = {
            task.id: task
            for task in snapshots
            if task.state is not done and task.state is not unretrieved
        }
        self.seen = list(by_id.values())
        self.nodes: list[Node] = [*self.seen]
        self.tasks = len(by_id)
        number = dict(zip(by_id, range(self.tasks), strict=True))
        resources: dict[int, int] = {}
        self.nexts: Edges = []
        self.partly = [number[task.id] for task in by_id.values() if task.partly]
        for task in by_id.values():
            nexts = [number[each] for each in task.awaits if each in number]
            if task.resource is not None:
                place = resources.get(task.resource.id)
                if place is None:
                    place = resources[task.resource.id] = len(self.nodes)
                    self.nodes.append(task.resource)
                nexts.append(place)
            self.nexts.append(tuple(dict.fromkeys(nexts)) if len(nexts) > 1 else nexts or ())
        for resource in resources:
            held_by = (number[each] for each in holders.get(resource, ()) if each in number)
            self.nexts.append(tuple(dict.fromkeys(held_by)))


def reverse(edges: Edges) -> Edges:
    """Return for each node who points at it."""
    found: list[list[int] | None] = [None] * len(edges)
    for node, targets in enumerate(edges):
        for target in targets:
            sources = found[target]
            if sources is None:
                found[target] = [node]
            else:
                sources.append(node)
    return [sources or () for sources in found]


class Knots:
    """The parts of the graph that are no tree.

    A task goes on when *all* that it waits for has ended, unless it is known to need less. A
    resource is free as soon as *one* of its holders is: a loop through a semaphore is no deadlock
    while another task holds a place.

    Attributes:
        loops: groups in which each node leads to each.
        deadlocks: groups in which each node waits for each, and none can go on.
    """

    def __init__(self, graph: Nodes, behind: Edges) -> None:
        pending = [len(targets) for targets in graph.nexts]
        free = [node for node, count in enumerate(pending) if not count]
        _release(free, pending, behind, len(pending))
        self.loops = self.deadlocks = _groups(graph.nexts, pending)
        if self.loops:
            held = range(graph.tasks, len(pending))
            some = [node for node in held if 0 < pending[node] < len(graph.nexts[node])]
            some += [node for node in graph.partly if pending[node]]
            for node in some:
                pending[node] = 0
            _release(some, pending, behind, graph.tasks)
            self.deadlocks = _groups(graph.nexts, pending)


def _release(free: list[int], pending: list[int], behind: Edges, all_of: int) -> None:
    """Let everything go on that waits for ``free`` only.

    Args:
        free: what goes on by itself.
        pending: for each node, how much it waits for; changed.
        behind: for each node, who waits for it.
        all_of: nodes from this number on need one of those that they wait for, not all.
    """
    while free:
        for waiter in behind[free.pop()]:
            left = pending[waiter]
            if left:
                pending[waiter] = left = 0 if waiter >= all_of else left - 1
                if not left:
                    free.append(waiter)


def _groups(nexts: Edges, pending: Sequence[int]) -> list[tuple[int, ...]]:
    stuck = {node for node, count in enumerate(pending) if count}
    return cycles({node: [each for each in nexts[node] if each in stuck] for node in stuck})


def ring(nexts: Edges, group: Collection[int]) -> list[int]:
    """Return the shortest way through the group from its first node to itself."""
    inside = set(group)
    start = min(inside)
    reached_from: dict[int, int] = {}
    line = [start]
    for node in line:
        for target in nexts[node]:
            if target in inside and target not in reached_from:
                reached_from[target] = node
                line.append(target)
        if start in reached_from:
            break
    way = [reached_from[start]]
    while way[-1] != start:
        way.append(reached_from[way[-1]])
    return way[::-1]
