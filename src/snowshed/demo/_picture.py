"""The figures as drawings of their own: headings with the main numbers above the panels."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from snowshed.demo import _format
from snowshed.demo._figure import LEFT, Panel, columns, draw_panels
from snowshed.demo._measure import RunSummary, rate_in_flood, summarize
from snowshed.demo._panels import (
    answers_panel,
    goodput_panel,
    latency_panel,
    memory_panel,
    tasks_panel,
)
from snowshed.demo._style import figure_style
from snowshed.demo._ways import LIMIT_OPTION
from snowshed.demo._words import headline, overload_headline
from snowshed.formats._svg import Scale, tag, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snowshed.demo._model import Comparison, Findings, Plan, RunResult

WIDTH = 900.0
_HEADINGS = 96.0
_COMMAND_LINE = 15.0
_LETTER = 6.5
"""Pixels of a letter of a command."""
_NARROW = 300.0
"""Pixels of a column that has room for no more than two figures."""


def readme_picture(findings: Findings) -> str:
    """Return an SVG file: both comparisons on a card of their own, legible on any page."""
    flood, overload = findings.flood, findings.overload
    first, middle = _titled(
        "The same service, the same load, twice",
        _flood_subtitle(flood.plan),
        flood,
        [latency_panel(flood, 170), goodput_panel(flood, 90), tasks_panel(flood, 90)],
        0.0,
    )
    second, bottom = _titled(
        "And with more ordinary requests than it can answer",
        _overload_subtitle(overload.plan),
        overload,
        [answers_panel(overload, 110), tasks_panel(overload, 90)],
        middle,
    )
    size = {"width": WIDTH - 1, "height": bottom - 1}
    card = tag("rect", x=0.5, y=0.5, rx=12, class_="paper", **size)
    style = tag("style", figure_style() + HEADING_STYLE)
    words = f"{headline(flood)} {overload_headline(overload)}"
    return _svg(words, style + card + first + second, bottom)


def _titled(
    title: str, subtitle: str, comparison: Comparison, panels: Sequence[Panel], top: float
) -> tuple[str, float]:
    words = text(LEFT, top + 40, title, class_="heading")
    words += text(LEFT, top + 63, subtitle, class_="subtitle")
    body, bottom = _draw(comparison, panels, WIDTH, top + 94)
    return words + body, bottom


def flood_figure(flood: Comparison) -> str:
    """Return the SVG element of the report for the flood; the page brings the style."""
    panels = [latency_panel(flood, 220), goodput_panel(flood, 110), *_gauges(flood)]
    return _svg(headline(flood), *_draw(flood, panels, WIDTH, top=24))


def overload_figure(overload: Comparison) -> str:
    """Return that for the uniform flood."""
    panels = [answers_panel(overload, 130), latency_panel(overload, 200), *_gauges(overload)]
    return _svg(overload_headline(overload), *_draw(overload, panels, WIDTH, top=24))


def _gauges(comparison: Comparison) -> list[Panel]:
    panels = [tasks_panel(comparison, 120)]
    if any(sample.rss is not None for run in comparison.runs for sample in run.samples):
        panels.append(memory_panel(comparison, 110))
    return panels


def _draw(
    comparison: Comparison, panels: Sequence[Panel], width: float, top: float
) -> tuple[str, float]:
    plan, runs = comparison.plan, comparison.runs
    times = columns(plan, len(runs), width)
    commands = [_wrapped(run, time) for run, time in zip(runs, times, strict=True)]
    extra = _COMMAND_LINE * (max(map(len, commands), default=1) - 1)
    headings = (
        _name(run, command, time, top) + _figures_row(plan, run, time, top + extra)
        for run, command, time in zip(runs, commands, times, strict=True)
    )
    body, bottom = draw_panels(comparison, panels, width, top + _HEADINGS + extra)
    return "".join(headings) + body, bottom


def _flood_subtitle(plan: Plan) -> str:
    return (
        f"A FastAPI shop under {plan.light_rate:g} light requests/s; in the shaded time "
        f"{plan.heavy_rate:g} more per second start {plan.items} tasks each."
    )


def _overload_subtitle(plan: Plan) -> str:
    return (
        f"{plan.light_rate:g} requests/s to a page that can answer {plan.capacity:g} in a "
        f"second; in the shaded time {rate_in_flood(plan):g}."
    )


def _name(run: RunResult, command: Sequence[str], time: Scale, top: float) -> str:
    lines = (
        text(time.start, top + 28 + index * _COMMAND_LINE, line, class_="command")
        for index, line in enumerate(command)
    )
    return text(time.start, top + 8, run.name, class_="name") + "".join(lines)


def _figures_row(plan: Plan, run: RunResult, time: Scale, top: float) -> str:
    figures = _figures(plan, summarize(plan, run))
    if time.end - time.start < _NARROW:
        figures = figures[:2]
    step = (time.end - time.start) / len(figures)
    parts = []
    for index, (value, label) in enumerate(figures):
        left = time.start + index * step
        parts.append(text(left, top + 68, value, class_="value"))
        parts.append(text(left, top + 87, label, class_="legend"))
    return "".join(parts)


def _figures(plan: Plan, run: RunSummary) -> tuple[tuple[str, str], ...]:
    flood = run.light_in_flood
    share = _format.share(flood.good, flood.sent)
    # Where more comes than can be answered, no share of it can be large.
    in_time = share if plan.capacity is None else _format.rate(flood.goodput)
    p99 = _format.duration(flood.p99, plan.light_timeout)
    return (
        (in_time, "in time, in the flood"),
        (p99, "p99, in the flood"),
        (_format.count(run.peak_tasks), "live tasks at most"),
    )


def _wrapped(run: RunResult, time: Scale) -> list[str]:
    letters = int((time.end - time.start) / _LETTER)
    # An option and its value stay on one line.
    joined = re.sub(r"(--[\w-]+) (?!-)", "\\1\N{NO-BREAK SPACE}", _short(run))
    lines = textwrap.wrap(joined, letters, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _short(run: RunResult) -> str:
    """Return the command without the options that all runs share."""
    words = run.command
    served = words[words.index("uvicorn") :] if "uvicorn" in words else ()
    app = next((word for word in served if word.endswith(":app")), "")
    before = words[words.index("snowshed") : words.index("--") + 1] if "--" in words else ()
    limit = served.index(LIMIT_OPTION) if LIMIT_OPTION in served else len(served)
    return " ".join((*before, "uvicorn", app, *served[limit : limit + 2]))


def _svg(words: str, body: str, height: float) -> str:
    return tag(
        "svg",
        tag("title", "A service before, during and after a flood"),
        tag("desc", escape(words)),
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
