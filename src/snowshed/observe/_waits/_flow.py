"""How much leads where: the graph without its loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from snowshed.observe._waits._edges import ROUNDS, Edges, Pause


class Flow:
    """The graph with each loop drawn together into its first node.

    Attributes:
        stands_in: the node that stands for a node of a loop.
        nexts: what each node waits for.
        behind: who waits for each node.
        weights: tasks that each node is.
    """

    def __init__(
        self,
        nexts: Edges,
        behind: Edges,
        tasks: int,
        loops: Iterable[Sequence[int]],
        pause: Pause,
    ) -> None:
        self._pause = pause
        self.stands_in: dict[int, int] = {}
        self.nexts = nexts
        self.behind = behind
        self.weights = [1] * tasks + [0] * (len(nexts) - tasks)
        members: dict[int, Sequence[int]] = {}
        for loop in loops:
            members[loop[0]] = loop
            self.stands_in.update(dict.fromkeys(loop, loop[0]))
            self.weights[loop[0]] = sum(node < tasks for node in loop)
            for node in loop[1:]:
                self.weights[node] = 0
        if members:
            self.nexts = self._drawn_together(members)
            self.behind = self.nexts.reversed(pause)

    def _drawn_together(self, members: dict[int, Sequence[int]]) -> Edges:
        found = Edges()
        for node in range(len(self.nexts)):
            if not node & ROUNDS:
                self._pause()
            found.add(dict.fromkeys(self._drawn_from(node, members)))
        return found

    def _drawn_from(self, node: int, members: dict[int, Sequence[int]]) -> Iterator[int]:
        stands_in = self.stands_in
        if node in stands_in and node not in members:
            return
        for each in members.get(node, (node,)):
            for target in self.nexts[each]:
                other = stands_in.get(target, target)
                if other != node:
                    yield other

    def ceilings(self) -> list[int]:
        """Return for each node a bound on the tasks at and behind it.

        It is exact where no two chains part and meet again. Cost: O(nodes + edges).
        """
        all_tasks = sum(self.weights)
        bounds = list(self.weights)
        pending = self.behind.counts()
        free = [node for node, count in enumerate(pending) if not count]
        starts, flat = self.nexts.starts, self.nexts.flat
        for done, node in enumerate(free):
            if not done & ROUNDS:
                self._pause()
            bound = bounds[node]
            for target in flat[starts[node] : starts[node + 1]]:
                bounds[target] = min(bounds[target] + bound, all_tasks)
                pending[target] -= 1
                if not pending[target]:
                    free.append(target)
        return bounds

    def count_behind(self, heads: Iterable[int]) -> int:
        """Count the tasks that lead to any of the heads, without those."""
        heads = list(heads)
        before = sum(self.weights[head] for head in heads)
        return sum(map(self.weights.__getitem__, self._leading_to(heads))) - before

    def _leading_to(self, heads: Sequence[int]) -> list[int]:
        """Return the heads, and what leads to them."""
        line = list(heads)
        seen = set(line)
        starts, flat = self.behind.starts, self.behind.flat
        for done, node in enumerate(line):
            if not done & ROUNDS:
                self._pause()
            for waiter in flat[starts[node] : starts[node + 1]]:
                if waiter not in seen:
                    seen.add(waiter)
                    line.append(waiter)
        return line

    def longest_chain(self, head: int) -> list[int]:
        """Return the nodes of the longest chain that ends at the head, which comes first."""
        pending = self._within(self._leading_to([head]))
        # First come, first served: a node is freed last by the longest way to the head.
        freed_by: dict[int, int] = {}
        line = [head]
        for done, node in enumerate(line):
            if not done & ROUNDS:
                self._pause()
            for waiter in self.behind[node]:
                pending[waiter] -= 1
                if not pending[waiter]:
                    freed_by[waiter] = node
                    line.append(waiter)
        chain = [line[-1]]
        while chain[-1] != head:
            chain.append(freed_by[chain[-1]])
        return chain[::-1]

    def _within(self, region: Sequence[int]) -> dict[int, int]:
        """Return for each node of the region for how many others of it it waits."""
        pending = dict.fromkeys(region, 0)
        for done, node in enumerate(region):
            if not done & ROUNDS:
                self._pause()
            for waiter in self.behind[node]:
                pending[waiter] += 1
        return pending
