"""The figure of a comparison: its runs side by side, quantity by quantity, on shared axes.

The report and the README's picture are the same figure with different panels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.formats._svg import Scale, round_ticks, tag, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from snowshed.demo._model import Comparison, Plan, RunResult

LEFT, RIGHT, GAP = 62.0, 16.0, 28.0
TITLE, FOOT = 40.0, 44.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The rectangle of one plot, as its two axes."""

    x: Scale
    y: Scale


@dataclass(frozen=True, slots=True)
class Panel:
    """A row of the figure: one quantity, drawn for each run.

    Attributes:
        title: what is shown.
        legend: markup that explains the marks.
        height: pixels of the plot.
        low: lower end of the vertical axis.
        high: upper end of the vertical axis.
        ticks: values to label on it.
        label: writes a tick.
        draw: returns the marks of one run.
        logarithmic: whether the vertical axis is.
    """

    title: str
    legend: str
    height: float
    low: float
    high: float
    ticks: tuple[float, ...]
    label: Callable[[float], str]
    draw: Callable[[RunResult, Frame], str]
    logarithmic: bool = False


def columns(plan: Plan, count: int, width: float) -> tuple[Scale, ...]:
    """Return the time axis of each of the ``count`` columns in a figure of this width."""
    plot = (width - LEFT - RIGHT - (count - 1) * GAP) / count
    lefts = (LEFT + index * (plot + GAP) for index in range(count))
    return tuple(Scale(0, plan.seconds, left, left + plot) for left in lefts)


def draw_panels(
    comparison: Comparison, panels: Iterable[Panel], width: float, top: float
) -> tuple[str, float]:
    """Return the markup of the panels below ``top``, and where they end."""
    times = columns(comparison.plan, len(comparison.runs), width)
    parts = []
    for panel in panels:
        top += TITLE
        parts.append(_draw_title(panel, top - 13, times))
        for run, time in zip(comparison.runs, times, strict=True):
            frame = Frame(time, _vertical(panel, top))
            parts.append(_draw_plot(panel, comparison.plan, run, frame))
        parts.append(_draw_ticks(panel, top))
        top += panel.height
    parts += [_draw_time(time, top) for time in times]
    return "".join(parts), top + FOOT


def _vertical(panel: Panel, top: float) -> Scale:
    return Scale(panel.low, panel.high, top + panel.height, top, panel.logarithmic)


def _draw_title(panel: Panel, baseline: float, times: Sequence[Scale]) -> str:
    legend = tag("text", panel.legend, x=times[-1].end, y=baseline, class_="legend end")
    return text(times[0].start, baseline, panel.title, class_="title") + legend


def _draw_plot(panel: Panel, plan: Plan, run: RunResult, frame: Frame) -> str:
    x, y = frame.x, frame.y
    flood = tag(
        "rect",
        x=x(plan.flood_from),
        y=y.end,
        width=x(plan.flood_until) - x(plan.flood_from),
        height=y.start - y.end,
        class_="flood",
    )
    grid = "".join(
        tag("line", x1=x.start, x2=x.end, y1=y(tick), y2=y(tick), class_="grid")
        for tick in panel.ticks
    )
    base = tag("line", x1=x.start, x2=x.end, y1=y.start, y2=y.start, class_="axis")
    return flood + grid + panel.draw(run, frame) + base


def _draw_ticks(panel: Panel, top: float) -> str:
    y = _vertical(panel, top)
    return "".join(
        text(LEFT - 8, y(tick) + 4, panel.label(tick), class_="tick end") for tick in panel.ticks
    )


def _draw_time(time: Scale, bottom: float) -> str:
    ticks = [tick for tick in round_ticks(time.high) if tick <= time.high * 1.001]
    labels = (text(time(tick), bottom + 17, f"{tick:g}", class_="tick middle") for tick in ticks)
    middle = (time.start + time.end) / 2
    name = text(middle, bottom + 34, "seconds since the start of the run", class_="tick middle")
    return "".join(labels) + name
