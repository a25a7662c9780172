"""Who waits, and where whoever could end the wait stands: the related places of findings.

Those who wait are on the left, who holds them up on the right of them. Where somebody is held up by
who waits for him, the line back is drawn below, as it is what is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.doctor._report._html._figure import cut, figure, short, title
from snowshed.doctor._report._words import place
from snowshed.formats._svg import tag, text

if TYPE_CHECKING:
    from snowshed.model import Finding, Frame

__all__ = ["waits"]

FINDINGS_AT_MOST = 12
NODES_AT_MOST = 40
LAYERS_AT_MOST = 4
_NODE_W, _NODE_H, _GAP_X, _GAP_Y = 250.0, 46.0, 240.0, 18.0
_NAME, _MESSAGE = 32, 36
_ARROWS = {"edge": "arrow", "edge back": "arrow-back"}


@dataclass(slots=True)
class _Node:
    at: Frame
    finding: Finding | None = None
    layer: int = 0
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class _Graph:
    nodes: dict[Frame, _Node] = field(default_factory=dict)
    edges: dict[tuple[Frame, Frame], str] = field(default_factory=dict)
    back: set[tuple[Frame, Frame]] = field(default_factory=set)


def waits(findings: Sequence[Finding]) -> str:
    """Return the plot; nothing if no finding has another place."""
    graph = _graph(findings)
    if not graph.edges:
        return ""
    _set_layers(graph)
    width, height = _set_places(graph)
    edges = "".join(_edge(graph, ends, message) for ends, message in graph.edges.items())
    nodes = "".join(_node(node) for node in graph.nodes.values())
    note = "from who waits to where whoever could end it stands, or to what has to do with it"
    return figure(
        "Who waits for whom", note, _arrow() + edges + nodes, width, height, kind="waits wide"
    )


def _graph(findings: Sequence[Finding]) -> _Graph:
    graph = _Graph()
    related = [each for each in findings if any(r.at != each.at for r in each.related)]
    for finding in related[:FINDINGS_AT_MOST]:
        for each in finding.related:
            new = {finding.at, each.at} - graph.nodes.keys()
            if each.at != finding.at and len(graph.nodes) + len(new) <= NODES_AT_MOST:
                source = graph.nodes.setdefault(finding.at, _Node(finding.at))
                source.finding = source.finding or finding
                graph.nodes.setdefault(each.at, _Node(each.at))
                graph.edges.setdefault((finding.at, each.at), each.message)
    return graph


def _set_layers(graph: _Graph) -> None:
    """Put each node right of those that wait for it, and note what leads back."""
    after: Mapping[Frame, list[Frame]] = defaultdict(list)
    for source, target in graph.edges:
        after[source].append(target)
    done: set[Frame] = set()
    order: list[Frame] = []
    for start in graph.nodes:
        _visit(start, after, done, order, graph)
    for frame in reversed(order):
        for target in after[frame]:
            if (frame, target) not in graph.back:
                node = graph.nodes[target]
                node.layer = min(max(node.layer, graph.nodes[frame].layer + 1), LAYERS_AT_MOST - 1)


def _visit(
    frame: Frame,
    after: Mapping[Frame, list[Frame]],
    done: set[Frame],
    order: list[Frame],
    graph: _Graph,
) -> None:
    """Go through what `frame` leads to; there are so few that it cannot be deep."""
    stack = [(frame, iter(after[frame]))]
    path = {frame}
    if frame in done:
        return
    done.add(frame)
    while stack:
        current, targets = stack[-1]
        target = next(targets, None)
        if target is None:
            order.append(current)
            path.discard(current)
            stack.pop()
        elif target in path:
            graph.back.add((current, target))
        elif target not in done:
            done.add(target)
            path.add(target)
            stack.append((target, iter(after[target])))


def _set_places(graph: _Graph) -> tuple[float, float]:
    layers: dict[int, list[_Node]] = defaultdict(list)
    for node in graph.nodes.values():
        layers[node.layer].append(node)
    before: dict[Frame, float] = defaultdict(float)
    for source, target in graph.edges:
        before[target] = max(before[target], float([*graph.nodes].index(source)))
    circles = {frame for ends in graph.back for frame in ends}
    tallest = max(len(nodes) for nodes in layers.values())
    height = tallest * (_NODE_H + _GAP_Y) + 6
    for layer, nodes in layers.items():
        # Lines back go below everything, so what they begin and end at is the lowest.
        nodes.sort(key=lambda node: (node.at in circles, before[node.at] if layer else 0.0))
        step = (height - 6) / len(nodes)
        for number, node in enumerate(nodes):
            node.x = 2 + layer * (_NODE_W + _GAP_X)
            node.y = 2 + step * number + (step - _NODE_H - _GAP_Y) / 2
    room_below = 40.0 if _goes_below(graph) else 0.0
    return max(layers) * (_NODE_W + _GAP_X) + _NODE_W + 4, height + room_below


def _goes_below(graph: _Graph) -> bool:
    return any(graph.nodes[s].layer >= graph.nodes[t].layer for s, t in graph.edges)


def _node(node: _Node) -> str:
    finding = node.finding
    class_ = f"node {finding.severity}" if finding else "node"
    path = node.at.file or "no file"
    below = f"{finding.count:,} in {finding.state}" if finding else cut(path, _NAME + 4)
    shapes = (
        title(place(node.at)),
        tag("rect", x=node.x, y=node.y, width=_NODE_W, height=_NODE_H, rx=6),
        text(node.x + 12, node.y + 19, short(node.at, _NAME), class_="label"),
        text(node.x + 12, node.y + 36, cut(below, _NAME + 4), class_="tick"),
    )
    return tag("g", *shapes, class_=class_)


def _edge(graph: _Graph, ends: tuple[Frame, Frame], message: str) -> str:
    source, target = graph.nodes[ends[0]], graph.nodes[ends[1]]
    words = cut(message, _MESSAGE)
    if target.layer > source.layer:
        x1, y1 = source.x + _NODE_W, source.y + _NODE_H / 2
        x2, y2 = target.x - 7, target.y + _NODE_H / 2
        bend = (x2 - x1) / 2
        d = (
            f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} "
            f"{x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        )
        at = ((x1 + x2) / 2, (y1 + y2) / 2 - 6)
        class_ = "edge"
    else:
        x1, y1 = source.x + _NODE_W * 0.6, source.y + _NODE_H
        x2, y2 = target.x + _NODE_W * 0.4, target.y + _NODE_H + 7
        low = max(y1, y2) + 34
        d = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {low:.1f} {x2:.1f} {low:.1f} {x2:.1f} {y2:.1f}"
        at = ((x1 + x2) / 2, low - 14)
        class_ = "edge back"
    line = tag("path", d=d, marker_end=f"url(#{_ARROWS[class_]})")
    label = text(at[0], at[1], words, class_="edge-label middle")
    return tag("g", title(message), line, label, class_=class_)


def _arrow() -> str:
    head = tag("path", d="M0 0L8 4L0 8Z")
    size = {"refX": 6, "refY": 4, "markerWidth": 8, "markerHeight": 8, "orient": "auto"}
    return tag("defs", *(tag("marker", head, id=each, **size) for each in _ARROWS.values()))
