"""The little of SVG that plots need: elements, scales, and many dots in one path."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Point = tuple[float, float]


def tag(name: str, *children: str, **attributes: object) -> str:
    """Return an element; children are markup, attribute values are escaped.

    ``class_`` gives ``class``, and ``stroke_width`` gives ``stroke-width``.
    """
    pairs = "".join(f" {_name(key)}={quoteattr(_text(value))}" for key, value in attributes.items())
    return f"<{name}{pairs}>{''.join(children)}</{name}>" if children else f"<{name}{pairs}/>"


def text(x: float, y: float, words: str, **attributes: object) -> str:
    """Return a line of text with its baseline at ``y``; the words are escaped."""
    return tag("text", escape(words), x=x, y=y, **attributes)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _text(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)


def number(value: float) -> str:
    """Return a coordinate to a tenth of a pixel, as short as it can be written."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0 makes -0.0 positive


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values of a quantity to pixels.

    Attributes:
        low: value at ``start``.
        high: value at ``end``.
        start: pixel of ``low``.
        end: pixel of ``high``; less than ``start`` on a vertical axis, where pixels grow downwards.
        logarithmic: whether equal ratios, rather than equal differences, are equally far apart.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """Return the pixel of ``value``; values beyond the ends land on the ends."""
        value = min(max(value, self.low), self.high)
        warp: Callable[[float], float] = math.log if self.logarithmic else float
        part = (warp(value) - warp(self.low)) / (warp(self.high) - warp(self.low))
        return self.start + part * (self.end - self.start)


def round_ticks(high: float, at_most: int = 4) -> tuple[float, ...]:
    """Return round values from 0 to at least ``high``, evenly spaced, few enough to label.

    An axis on which nothing was measured ends at 1.
    """
    high = high if high > 0 else 1.0
    rough = high / at_most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9))
    return tuple(step * index for index in range(math.ceil(high / step - 1e-9) + 1))


def log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return 1 and 3 times the powers of ten that lie between ``low`` and ``high``."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = (m * 10.0**decade for decade in decades for m in (1, 3))
    return tuple(tick for tick in ticks if low * 0.999 <= tick <= high * 1.001)


def dots(points: Iterable[Point], **attributes: object) -> str:
    """Return one path that draws a dot at each point: a stroke of no length with round ends."""
    return _marks(points, "h0", **attributes)


def crosses(points: Iterable[Point], **attributes: object) -> str:
    """Return one path that draws a small cross at each point."""
    shifted = ((x - 2, y - 2) for x, y in points)
    return _marks(shifted, "l4 4m0-4l-4 4", **attributes)


def line(points: Sequence[Point], **attributes: object) -> str:
    """Return a line through the points."""
    return tag("path", d=_through(points), **attributes) if points else ""


def area(points: Sequence[Point], base: float, **attributes: object) -> str:
    """Return the surface between the points and a horizontal base."""
    if not points:
        return ""
    closed = f"{_through(points)}V{number(base)}H{number(points[0][0])}Z"
    return tag("path", d=closed, **attributes)


def _marks(points: Iterable[Point], mark: str, **attributes: object) -> str:
    drawn = "".join(f"M{number(x)} {number(y)}{mark}" for x, y in points)
    return tag("path", d=drawn, **attributes) if drawn else ""


def _through(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
