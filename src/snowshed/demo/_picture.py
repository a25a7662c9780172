"""The figure as a drawing of its own: headings with the main numbers above the panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.demo import _format
from snowshed.demo._figure import LEFT, Panel, columns, draw_panels
from snowshed.demo._measure import RunSummary, summarize
from snowshed.demo._panels import goodput_panel, latency_panel, memory_panel, tasks_panel
from snowshed.demo._rows import headline
from snowshed.demo._style import figure_style
from snowshed.demo._svg import Scale, tag, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snowshed.demo._model import Comparison, Plan, RunResult

WIDTH = 900.0
_HEADINGS = 96.0


def readme_picture(comparison: Comparison) -> str:
    """Return an SVG file: three panels on a card of its own, legible on any page."""
    panels = [
        latency_panel(comparison, 170),
        goodput_panel(comparison, 90),
        tasks_panel(comparison, 90),
    ]
    body, bottom = _draw(comparison, panels, WIDTH, top=94)
    title = text(LEFT, 40, "The same service, the same load, twice", class_="heading")
    card = tag(
        "rect",
        x=0.5,
        y=0.5,
        width=WIDTH - 1,
        height=bottom - 1,
        rx=12,
        class_="paper",
    )
    return _svg(comparison, card + title + _subtitle(comparison.plan) + body, bottom, style=True)


def report_figure(comparison: Comparison) -> str:
    """Return the SVG element of the report: every panel; the page brings the style."""
    panels = [
        latency_panel(comparison, 220),
        goodput_panel(comparison, 110),
        tasks_panel(comparison, 120),
    ]
    if any(sample.rss is not None for run in comparison.runs for sample in run.samples):
        panels.append(memory_panel(comparison, 110))
    body, bottom = _draw(comparison, panels, WIDTH, top=24)
    return _svg(comparison, body, bottom, style=False)


def _draw(
    comparison: Comparison, panels: Sequence[Panel], width: float, top: float
) -> tuple[str, float]:
    headings = (
        _heading(comparison.plan, run, time, top)
        for run, time in zip(comparison.runs, columns(comparison.plan, width), strict=True)
    )
    body, bottom = draw_panels(comparison, panels, width, top + _HEADINGS)
    return "".join(headings) + body, bottom


def _subtitle(plan: Plan) -> str:
    words = (
        f"A FastAPI shop under {plan.light_rate:g} light requests/s; in the shaded time "
        f"{plan.heavy_rate:g} more per second start {plan.items} tasks each."
    )
    return text(LEFT, 63, words, class_="subtitle")


def _heading(plan: Plan, run: RunResult, time: Scale, top: float) -> str:
    figures = _figures(plan, summarize(plan, run))
    step = (time.end - time.start) / len(figures)
    parts = [
        text(time.start, top + 8, run.name, class_="name"),
        text(time.start, top + 28, _short(run), class_="command"),
    ]
    for index, (value, label) in enumerate(figures):
        left = time.start + index * step
        parts.append(text(left, top + 68, value, class_="value"))
        parts.append(text(left, top + 87, label, class_="legend"))
    return "".join(parts)


def _figures(plan: Plan, run: RunSummary) -> tuple[tuple[str, str], ...]:
    flood = run.light_in_flood
    in_time = _format.share(flood.good, flood.sent)
    p99 = _format.duration(flood.p99, plan.light_timeout)
    return (
        (in_time, "in time, in the flood"),
        (p99, "p99, in the flood"),
        (_format.count(run.peak_tasks), "live tasks at most"),
    )


def _short(run: RunResult) -> str:
    """Return the command without the options that both runs share."""
    words = run.command
    served = words[words.index("uvicorn") :] if "uvicorn" in words else ()
    app = next((word for word in served if word.endswith(":app")), "")
    before = words[words.index("snowshed") : words.index("--") + 1] if "--" in words else ()
    return " ".join((*before, "uvicorn", app))


def _svg(comparison: Comparison, body: str, height: float, *, style: bool) -> str:
    sheet = [tag("style", figure_style() + HEADING_STYLE)] if style else []
    return tag(
        "svg",
        tag("title", "Light requests before, during and after a flood"),
        tag("desc", headline(comparison)),
        *sheet,
        body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        role="img",
    )


HEADING_STYLE = """
.paper { fill: var(--paper); stroke: var(--rule); }
.heading { font-size: 22px; font-weight: 700; }
.subtitle { font-size: 14px; fill: var(--muted); }
.name { font-size: 16px; font-weight: 700; }
.command { font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  fill: var(--muted); }
.value { font-size: 25px; font-weight: 700; }
"""
