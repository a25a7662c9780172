"""Where waits lead back to themselves, and whether that is for ever.

Not every loop is a deadlock. A task may need only the first of those that it waits for, and a
resource only one of its holders: such a loop opens as soon as one way out of it does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from snowshed.observe._snapshot._cycles import cycles
from snowshed.observe._waits._edges import ROUNDS

if TYPE_CHECKING:
    from snowshed.observe._waits._edges import Edges, Nodes, Pause


class Knots:
    """The parts of the graph that are no tree.

    A task goes on when *all* that it waits for has ended, unless it is known to need less. A
    resource is free as soon as *one* of its holders is: a loop through a semaphore is no deadlock
    while another task holds a place.

    Attributes:
        loops: groups in which each node leads to each.
        deadlocks: groups in which each node waits for each, and none can go on.
    """

    def __init__(self, graph: Nodes, behind: Edges, pause: Pause) -> None:
        all_of = graph.nexts.counts()
        pending = list(all_of)
        free = [node for node, count in enumerate(pending) if not count]
        _release(free, pending, behind, len(pending), pause)
        self.loops = self.deadlocks = _groups(graph.nexts, pending)
        if self.loops:
            held = range(graph.tasks, len(pending))
            some = [node for node in held if 0 < pending[node] < all_of[node]]
            some += [node for node in graph.partly if pending[node]]
            for node in some:
                pending[node] = 0
            _release(some, pending, behind, graph.tasks, pause)
            self.deadlocks = _groups(graph.nexts, pending)


def _release(free: list[int], pending: list[int], behind: Edges, all_of: int, pause: Pause) -> None:
    """Let everything go on that waits for ``free`` only.

    Args:
        free: what goes on by itself; grows by what follows.
        pending: for each node, how much it waits for; changed.
        behind: for each node, who waits for it.
        all_of: nodes from this number on need one of those that they wait for, not all.
        pause: called now and then.
    """
    starts, flat = behind.starts, behind.flat
    for done, node in enumerate(free):
        if not done & ROUNDS:
            pause()
        for waiter in flat[starts[node] : starts[node + 1]]:
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
