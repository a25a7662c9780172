"""How much leads where: the graph without its loops."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from snowshed.observe._waits._edges import reverse

if TYPE_CHECKING:
    from snowshed.observe._waits._edges import Edges


class Flow:
    """The graph with each loop drawn together into its first node.

    Attributes:
        stands_in: the node that stands for a node of a loop.
        nexts: what each node waits for.
        behind: who waits for each node.
        weights: tasks that each node is.
    """

    def __init__(
        self, nexts: Edges, behind: Edges, tasks: int, loops: Iterable[Sequence[int]]
    ) -> None:
        self.stands_in: dict[int, int] = {}
        self.nexts = nexts
        self.behind = behind
        self.weights = [1] * tasks + [0] * (len(nexts) - tasks)
        for loop in loops:
            self.stands_in.update(dict.fromkeys(loop, loop[0]))
            self.weights[loop[0]] = sum(node < tasks for node in loop)
            for node in loop[1:]:
                self.weights[node] = 0
        if self.stands_in:
            self.nexts = self._drawn_together(nexts)
            self.behind = reverse(self.nexts)

    def _drawn_together(self, nexts: Edges) -> Edges:
        stands_in = self.stands_in
        joined: list[dict[int, None]] = [{} for _ in nexts]
        for node, targets in enumerate(nexts):
            own = stands_in.get(node, node)
            for target in targets:
                other = stands_in.get(target, target)
                if other != own:
                    joined[own][other] = None
        return [tuple(each) for each in joined]

    def ceilings(self) -> list[int]:
        """Return for each node a bound on the tasks at and behind it.

        It is exact where no two chains part and meet again. Cost: O(nodes + edges).
        """
        all_tasks = sum(self.weights)
        bounds = list(self.weights)
        pending = [len(waiters) for waiters in self.behind]
        free = [node for node, count in enumerate(pending) if not count]
        while free:
            node = free.pop()
            bound = bounds[node]
            for target in self.nexts[node]:
                bounds[target] = min(bounds[target] + bound, all_tasks)
                pending[target] -= 1
                if not pending[target]:
                    free.append(target)
        return bounds

    def count_behind(self, heads: Iterable[int]) -> int:
        """Count the tasks that lead to any of the heads, without those."""
        line = list(dict.fromkeys(heads))
        before = sum(self.weights[head] for head in line)
        seen = set(line)
        for node in line:
            for waiter in self.behind[node]:
                if waiter not in seen:
                    seen.add(waiter)
                    line.append(waiter)
        return sum(map(self.weights.__getitem__, line)) - before

    def longest_chain(self, head: int) -> list[int]:
        """Return the nodes of the longest chain that ends at the head, which comes first."""
        region = {head}
        line = [head]
        for node in line:
            for waiter in self.behind[node]:
                if waiter not in region:
                    region.add(waiter)
                    line.append(waiter)
        pending = {node: len(region.intersection(self.nexts[node])) for node in line}
        # First come, first served: a node is freed last by the longest way to the head.
        freed_by: dict[int, int] = {}
        line = [head]
        for node in line:
            for waiter in self.behind[node]:
                pending[waiter] -= 1
                if not pending[waiter]:
                    freed_by[waiter] = node
                    line.append(waiter)
        chain = [line[-1]]
        while chain[-1] != head:
            chain.append(freed_by[chain[-1]])
        return chain[::-1]
