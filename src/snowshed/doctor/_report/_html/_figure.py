"""What all plots share: a frame with a title, axes, and labels that do not lie on each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from snowshed.doctor._report._words import printable
from snowshed.formats._svg import Scale, log_ticks, round_ticks, tag, text

if TYPE_CHECKING:
    from snowshed.model import Frame

__all__ = [
    "axes",
    "compact",
    "cut",
    "figure",
    "short",
    "spread",
    "title",
]

_NAME_AT_MOST = 300


def figure(heading: str, note: str, drawing: str, width: float, height: float, *, kind: str) -> str:
    """Return a plot with its heading, and a line that says what is to be seen."""
    picture = tag(
        "svg",
        drawing,
        viewBox=f"0 0 {width:g} {height:g}",
        width=f"{width:g}",
        height=f"{height:g}",
        role="img",
        aria_label=printable(f"{heading}: {note}"),
    )
    words = tag("figcaption", tag("h2", text_(heading)), tag("p", text_(note)))
    return tag("figure", words, tag("div", picture, class_="plot"), class_=kind)


def text_(words: str) -> str:
    """Return words as markup."""
    return (
        printable(words)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
    )


def title(words: str) -> str:
    """Return what a pointer shows that rests on an element."""
    return tag("title", text_(words[:_NAME_AT_MOST]))


def axes(x: Scale, y: Scale, ticks: Sequence[tuple[float, str]]) -> str:
    """Return the lines of an axis of counts, and the marks of the other one."""
    drawn: list[str] = []
    for value in log_ticks(y.low, y.high) if y.logarithmic else round_ticks(y.high):
        at = y(value)
        drawn.append(tag("path", d=f"M{x.start:g} {at:.1f}H{x.end:g}", class_="grid"))
        drawn.append(text(x.start - 8, at + 4, compact(value), class_="tick end"))
    for value, label in ticks:
        drawn.append(text(x(value), y.start + 20, label, class_="tick middle"))
    return "".join(drawn)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places near those that are wanted, in their order, that are ``gap`` apart at least.

    As far as there is room between ``low`` and ``high``.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    placed: list[float] = []
    for index in order:
        least = placed[-1] + gap if placed else low
        placed.append(max(wanted[index], least))
    ceiling = high
    for position in range(len(placed) - 1, -1, -1):
        placed[position] = min(placed[position], ceiling)
        ceiling = placed[position] - gap
    found = [0.0] * len(wanted)
    for index, place in zip(order, placed, strict=True):
        found[index] = place
    return found


def compact(value: float) -> str:
    """Return a number in few characters: ``950``, ``12k``, ``1.5M``."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def short(frame: Frame, length: int) -> str:
    """Return the function and the line of ``frame``, without the path of its package."""
    generic = frame.function.partition("[")[0]
    package = generic.rpartition("/")[0]
    name = frame.function[len(package) + 1 if package else 0 :] or frame.file.rpartition("/")[2]
    return cut(f"{name}:{frame.line}" if frame.line else name, length)


def cut(words: str, length: int) -> str:
    """Return ``words`` with dots in their middle if they are longer than ``length``."""
    words = printable(words[:_NAME_AT_MOST] + ("…" if len(words) > _NAME_AT_MOST else ""))
    if len(words) <= length:
        return words
    half = (length - 1) // 2
    return f"{words[: length - 1 - half]}…{words[-half:]}"
