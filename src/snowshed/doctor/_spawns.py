"""The lines that create goroutines, each below the line that has created who runs it.

Ten thousand goroutines come from some dozens of lines. So the tree of who made whom is told by
lines: how many live that were created there, and what these have created in turn. A line that
creates itself again, as a walk through folders does, is one node, however deep it goes.

Cost: O(goroutines), and some microseconds for each maker. The tree has at most `LINES_AT_MOST`
lines, `DEEP_AT_MOST` below each other; what is beyond is summed up, and nothing is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from snowshed.doctor._alike import NOT_TOLD
from snowshed.model import Spawned

if TYPE_CHECKING:
    from snowshed.doctor._family import Family
    from snowshed.doctor._origin import Line

__all__ = ["DEEP_AT_MOST", "LINES_AT_MOST", "spawned"]

LINES_AT_MOST: Final = 48
DEEP_AT_MOST: Final = 12
# Of whoever names a million lines so many are gone through.
NODES_AT_MOST = 10_000


@dataclass(slots=True, eq=False)
class _Node:
    line: Line | None
    above: _Node | None
    deep: int
    runs: Counter[str] = field(default_factory=Counter)
    gone: int = 0
    below: dict[Line | None, _Node] = field(default_factory=dict)
    total: int = 0

    @property
    def count(self) -> int:
        return self.runs.total()

    def has(self, line: Line | None) -> _Node | None:
        """Return the node of that line among this and those above; None if there is none."""
        node: _Node | None = self
        while node is not None and node.line != line:
            node = node.above
        return node if node is not None and node.above is not None else None


def spawned(family: Family) -> tuple[Spawned, ...]:
    """Return the lines that have created goroutines, the largest first."""
    tree = _Tree(family)
    for kind, makers in enumerate(family.made):
        runs = family.origins[kind].runs
        for parent, count in makers.items():
            node = tree.node(kind, parent)
            node.runs[runs] += count
            node.gone += count if parent in family.gone else 0
    _sum_up(tree.nodes)
    shown = _largest(tree.nodes)
    return _below(tree.root, shown)


class _Tree:
    """Nodes for lines, made as they are met."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._lines = [origin.created for origin in family.origins]
        self.root = _Node(None, None, 0)
        self.nodes = [self.root]
        self._of_maker: dict[int, _Node] = {}

    def node(self, kind: int, parent: int) -> _Node:
        """Return the node of those of that kind who have that maker."""
        return self._below(self._node_of(parent), self._lines[kind])

    def _node_of(self, maker: int) -> _Node:
        """Return the node that a maker is in itself, step by step: it may be a million."""
        path: list[tuple[int, int]] = []
        known = self._of_maker
        while maker not in known:
            made = self._family.made_by(maker)
            # Who is in a circle is made by nobody.
            known[maker] = self.root
            if made is None or maker == NOT_TOLD:
                break
            path.append((maker, made[0]))
            maker = made[1]
        node = known[maker]
        for each, kind in reversed(path):
            node = known[each] = self._below(node, self._lines[kind])
        return node

    def _below(self, node: _Node, line: Line | None) -> _Node:
        found = node.has(line) or node.below.get(line)
        if found is not None:
            return found
        if node.deep == DEEP_AT_MOST:
            return node
        if len(self.nodes) >= NODES_AT_MOST:
            line = None
            if line in node.below:
                return node.below[line]
        found = node.below[line] = _Node(line, node, node.deep + 1)
        self.nodes.append(found)
        return found


def _sum_up(nodes: list[_Node]) -> None:
    """Give each node the sum of what is below it: those above were made first."""
    for node in reversed(nodes):
        node.total += node.count
        if node.above is not None:
            node.above.total += node.total


def _largest(nodes: Iterable[_Node]) -> set[_Node]:
    """Return the nodes to be told: with each all above it, which have no less."""
    order = sorted(nodes, key=lambda node: (-node.total, node.deep))
    return set(order[: LINES_AT_MOST + 1])


def _below(node: _Node, shown: set[_Node]) -> tuple[Spawned, ...]:
    children = sorted(node.below.values(), key=lambda child: -child.total)
    told = [
        Spawned(
            None if child.line is None else child.line.at,
            _most(child.runs),
            child.count,
            child.gone,
            _below(child, shown),
        )
        for child in children
        if child in shown
    ]
    rest = [child for child in children if child not in shown]
    if rest:
        count, gone, lines = _all_of(rest)
        told.append(Spawned(None, "", count, gone, lines=lines))
    return tuple(told)


def _most(runs: Counter[str]) -> str:
    return runs.most_common(1)[0][0] if runs else ""


def _all_of(nodes: list[_Node]) -> tuple[int, int, int]:
    """Return how many are in ``nodes`` and below, how many of them by who has ended, and lines."""
    count = gone = lines = 0
    left = [*nodes]
    while left:
        node = left.pop()
        count, gone, lines = count + node.count, gone + node.gone, lines + 1
        left += node.below.values()
    return count, gone, lines
