"""Who waits, and where whoever could end the wait stands: the related places of findings.

Where somebody is held up by who waits for him, the line back is drawn below, and in another colour,
as it is what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed.doctor._report._html._figure import cut, figure, short, title
from snowshed.doctor._report._html._graph import HEIGHT, WIDTH, Edge, Node, graph_of
from snowshed.doctor._report._words import place
from snowshed.formats._svg import Point, tag, text

if TYPE_CHECKING:
    from snowshed.model import Finding

__all__ = ["waits"]

_NAME, _MESSAGE = 32, 36
_ARROWS = {"edge": "arrow", "edge back": "arrow-back"}


def waits(findings: Sequence[Finding]) -> str:
    """Return the plot; nothing if no finding has another place."""
    graph = graph_of(findings)
    if not graph.edges:
        return ""
    drawn = [_arrows(), *map(_edge, graph.edges), *map(_node, graph.nodes)]
    note = "from who waits to where whoever could end it stands, or to what has to do with it"
    note += f"; {many(graph.left_out, 'more line')} not drawn" if graph.left_out else ""
    size = graph.width, graph.height
    return figure("Who waits for whom", note, "".join(drawn), *size, kind="waits wide")


def _node(node: Node) -> str:
    finding = node.finding
    class_ = f"node {finding.severity}" if finding else "node"
    told = f"{finding.count:,} in {finding.state}" if finding else node.at.file or "no file"
    shapes = (
        title(place(node.at)),
        tag("rect", x=node.x, y=node.y, width=WIDTH, height=HEIGHT, rx=6),
        text(node.x + 12, node.y + 19, short(node.at, _NAME), class_="label"),
        text(node.x + 12, node.y + 36, cut(told, _NAME + 4), class_="tick"),
    )
    return tag("g", *shapes, class_=class_)


def _edge(edge: Edge) -> str:
    path, (x, y) = _back(edge) if edge.back else _forth(edge)
    class_ = "edge back" if edge.back else "edge"
    line = tag("path", d=path, marker_end=f"url(#{_ARROWS[class_]})")
    label = text(x, y, cut(edge.message, _MESSAGE), class_="edge-label middle")
    return tag("g", title(edge.message), line, label, class_=class_)


def _forth(edge: Edge) -> tuple[str, Point]:
    """Return the line to the right, and where its words are: before whatever it goes through."""
    points = [(edge.source.x + WIDTH, edge.source.y + HEIGHT / 2)]
    for node in edge.through:
        middle = node.y + HEIGHT / 2
        points += [(node.x, middle), (node.x + WIDTH, middle)]
    points.append((edge.target.x - 7, edge.target.y + HEIGHT / 2))
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x1, y1), (x2, y2) in zip(points[::2], points[1::2], strict=True):
        bend = (x2 - x1) / 2
        path += f"C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        path += f"h{WIDTH:g}" if (x2, y2) != points[-1] else ""
    (x1, y1), (x2, y2) = points[:2]
    return path, ((x1 + x2) / 2, (y1 + y2) / 2 - 6)


def _back(edge: Edge) -> tuple[str, Point]:
    """Return the line to the left, below everything, and where its words are."""
    x1, y1 = edge.source.x + WIDTH * 0.6, edge.source.y + HEIGHT
    x2, y2 = edge.target.x + WIDTH * 0.4, edge.target.y + HEIGHT + 7
    low = max(y1, y2) + 34
    path = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {low:.1f} {x2:.1f} {low:.1f} {x2:.1f} {y2:.1f}"
    return path, ((x1 + x2) / 2, low - 14)


def _arrows() -> str:
    head = tag("path", d="M0 0L8 4L0 8Z")
    size = {"refX": 6, "refY": 4, "markerWidth": 8, "markerHeight": 8, "orient": "auto"}
    return tag("defs", *(tag("marker", head, id=each, **size) for each in _ARROWS.values()))
