"""Where the places of a graph of waits are drawn: those who wait left of who holds them up.

In layers: each node is right of all that lead to it. A line that leads over a layer has a place of
its own there, so that it does not run through a node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model import Finding, Frame

__all__ = ["HEIGHT", "WIDTH", "Edge", "Graph", "Node", "graph_of"]

FINDINGS_AT_MOST = 12
NODES_AT_MOST = 40
LAYERS_AT_MOST = 4
WIDTH, HEIGHT = 250.0, 46.0
_GAP_X, _GAP_Y, _BELOW = 240.0, 18.0, 40.0


@dataclass(slots=True)
class Node:
    """A place.

    Attributes:
        at: the line.
        finding: what was found there; None: nothing.
        layer: how many nodes are left of it at least.
        x: of its left side.
        y: of its upper side.
    """

    at: Frame
    finding: Finding | None = None
    layer: int = 0
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class Edge:
    """That one place has to do with another.

    Attributes:
        source: who waits.
        target: the other place.
        message: what is there.
        back: whether it leads to one of those that wait for its source.
        through: places in the layers between, which it goes through.
    """

    source: Node
    target: Node
    message: str
    back: bool = False
    through: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Graph:
    """What is drawn.

    Attributes:
        nodes: the places.
        edges: between them.
        left_out: edges that are too many, or lead too far.
        width: of all.
        height: of all.
    """

    nodes: list[Node]
    edges: list[Edge]
    left_out: int = 0
    width: float = 0.0
    height: float = 0.0


def graph_of(findings: Sequence[Finding]) -> Graph:
    """Return the related places of findings, each with its place in the drawing."""
    nodes, edges, left_out = _collected(findings)
    _set_layers(nodes, edges)
    kept = [each for each in edges if max(_layers(each)) < LAYERS_AT_MOST]
    shown = {id(node) for edge in kept for node in (edge.source, edge.target)}
    graph = Graph([node for node in nodes.values() if id(node) in shown], kept)
    graph.left_out = left_out + len(edges) - len(kept)
    _set_places(graph)
    return graph


def _layers(edge: Edge) -> tuple[int, int]:
    return edge.source.layer, edge.target.layer


def _collected(findings: Sequence[Finding]) -> tuple[dict[Frame, Node], list[Edge], int]:
    at = {finding.at: finding for finding in reversed(findings)}
    nodes: dict[Frame, Node] = {}
    edges: dict[tuple[Frame, Frame], Edge] = {}
    left_out = told = 0
    for finding in findings:
        others = [each for each in finding.related if each.at != finding.at]
        told += bool(others)
        for each in others:
            ends = finding.at, each.at
            new = len({*ends} - nodes.keys())
            if told > FINDINGS_AT_MOST or len(nodes) + new > NODES_AT_MOST:
                left_out += 1
                continue
            source, target = (nodes.setdefault(f, Node(f, at.get(f))) for f in ends)
            edges.setdefault(ends, Edge(source, target, each.message))
    return nodes, [*edges.values()], left_out


def _set_layers(nodes: Mapping[Frame, Node], edges: Sequence[Edge]) -> None:
    """Put each node right of those that wait for it, and mark what leads back."""
    after: Mapping[Frame, list[Edge]] = defaultdict(list)
    for edge in edges:
        after[edge.source.at].append(edge)
    order: list[Node] = []
    done: set[Frame] = set()
    for node in nodes.values():
        _visit(node, after, done, order)
    for node in reversed(order):
        for edge in after[node.at]:
            if not edge.back:
                edge.target.layer = max(edge.target.layer, node.layer + 1)


def _visit(
    start: Node, after: Mapping[Frame, list[Edge]], done: set[Frame], order: list[Node]
) -> None:
    """Go as deep as edges lead, and append to `order` what has led to all that it leads to."""
    if start.at in done:
        return
    done.add(start.at)
    path = {start.at}
    stack = [(start, iter(after[start.at]))]
    while stack:
        node, edges = stack[-1]
        edge = next(edges, None)
        if edge is None:
            order.append(node)
            path.discard(node.at)
            stack.pop()
        elif edge.target.at in path:
            edge.back = True
        elif edge.target.at not in done:
            done.add(edge.target.at)
            path.add(edge.target.at)
            stack.append((edge.target, iter(after[edge.target.at])))


def _set_places(graph: Graph) -> None:
    layers: dict[int, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        layers[node.layer].append(node)
    for edge in graph.edges:
        first, last = _layers(edge)
        edge.through = [Node(edge.target.at, layer=layer) for layer in range(first + 1, last)]
        for place in edge.through:
            layers[place.layer].append(place)
    lowest = {id(node) for edge in graph.edges if edge.back for node in (edge.source, edge.target)}
    rank = {id(node): number for number, node in enumerate(graph.nodes)}
    for edge in graph.edges:
        rank.update((id(place), rank[id(edge.source)]) for place in edge.through)
    tallest = max(map(len, layers.values()), default=0)
    graph.height = tallest * (HEIGHT + _GAP_Y) + 6
    for layer, nodes in layers.items():
        # Lines back go below everything, so what they begin and end at is the lowest.
        nodes.sort(key=lambda node: (id(node) in lowest, rank[id(node)]))
        step = (graph.height - 6) / len(nodes)
        for number, node in enumerate(nodes):
            node.x = 2 + layer * (WIDTH + _GAP_X)
            node.y = 2 + step * number + (step - HEIGHT - _GAP_Y) / 2
    graph.width = max(layers, default=0) * (WIDTH + _GAP_X) + WIDTH + 4
    graph.height += _BELOW if lowest else 0.0
