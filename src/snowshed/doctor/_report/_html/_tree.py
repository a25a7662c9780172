"""Which lines have created them, each below the line that has created who runs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed.doctor._report._html._figure import cut, figure, short, title
from snowshed.doctor._report._words import place
from snowshed.formats._svg import Scale, tag, text

if TYPE_CHECKING:
    from snowshed.model import Spawned

__all__ = ["ROWS_AT_MOST", "tree"]

ROWS_AT_MOST = 48
WIDTH, ROW = 1000.0, 26.0
_BARS, _INDENT, _DEEP_AT_MOST = 560.0, 18.0, 12
_NAME = 66


def tree(spawned: Sequence[Spawned]) -> str:
    """Return the tree as bars that are indented; nothing if it is not known who made whom."""
    every = [*_rows(spawned, 0)]
    rows, left_out = every[:ROWS_AT_MOST], len(every[ROWS_AT_MOST:])
    if not rows:
        return ""
    x = Scale(0, max(each.total for each in spawned) or 1, _BARS, WIDTH - 110)
    drawn = "".join(_row(number, deep, node, x) for number, (deep, node) in enumerate(rows))
    lines = "".join(_branches([deep for deep, _ in rows]))
    note = (
        "the line that created them, indented below the line that created who runs it; "
        "light: with all below, hatched: who created them has ended"
    )
    note += f"; {many(left_out, 'more row')} not drawn" if left_out else ""
    height = ROW * len(rows) + 6
    return figure(
        "Who created them", note, _hatch() + lines + drawn, WIDTH, height, kind="tree wide"
    )


def _rows(nodes: Sequence[Spawned], deep: int) -> Iterator[tuple[int, Spawned]]:
    for node in nodes:
        yield min(deep, _DEEP_AT_MOST), node
        yield from _rows(node.children, deep + 1)


def _row(number: int, deep: int, node: Spawned, x: Scale) -> str:
    y, left = ROW * number + 3, _INDENT * deep + 14
    name, words = _names(node)
    length = int(_NAME - deep * _INDENT / 7.2)
    shapes = [title(words), text(left, y + 14.5, cut(name, max(length, 16)), class_="label")]
    begin = x.start
    for count, class_ in (
        (node.count - node.gone, "own"),
        (node.gone, "gone"),
        (node.total - node.count, "below"),
    ):
        width = x(count) - x.start
        if count > 0:
            bar = tag("rect", x=begin, y=y + 2, width=max(width, 1.0), height=15.0, class_=class_)
            shapes.append(bar)
            begin += max(width, 1.0)
    shapes.append(text(begin + 6, y + 14.5, f"{node.total:,}", class_="tick"))
    return tag("g", *shapes)


def _names(node: Spawned) -> tuple[str, str]:
    gone = f", {node.gone:,} by who has ended" if node.gone else ""
    if node.at is None:
        rest = many(node.lines, "more line") if node.lines else "created at a line that is not told"
        return rest, f"{rest}: {node.total:,}{gone}"
    runs = f" → {node.function.rpartition('/')[2]}" if node.function else ""
    return f"{short(node.at, 60)}{runs}", f"{place(node.at)}{runs}: {node.count:,}{gone}"


def _hatch() -> str:
    ground = tag("rect", width=6, height=6, class_="hatch-ground")
    stroke = tag("path", d="M0 0V6", class_="hatch")
    pattern = tag(
        "pattern", ground, stroke, id="ended", width=6, height=6,
        patternUnits="userSpaceOnUse", patternTransform="rotate(45)",
    )  # fmt: skip
    return tag("defs", pattern)


def _branches(depths: Sequence[int]) -> Iterator[str]:
    """Yield the lines from each to what is below it."""
    for number, deep in enumerate(depths):
        if deep == 0:
            continue
        above = next(index for index in range(number - 1, -1, -1) if depths[index] < deep)
        x, y = _INDENT * (deep - 1) + 18, ROW * number + 13
        yield tag("path", d=f"M{x:g} {ROW * above + 22:g}V{y:g}h8", class_="branch")
