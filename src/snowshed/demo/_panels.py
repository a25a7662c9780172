"""The quantities of the demo, each as one panel.

Every light request is one mark, every sample one point of a line; nothing is smoothed.
"""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Literal

from snowshed.demo import _format
from snowshed.demo._figure import Frame, Panel
from snowshed.demo._measure import is_good, seconds_of, verdict
from snowshed.formats._svg import (
    Point,
    area,
    crosses,
    dots,
    line,
    log_ticks,
    round_ticks,
    tag,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from snowshed.demo._model import Comparison, Outcome, Plan, RunResult, Sample

Fate = Literal["good", "late", "failed"]

_CROSS = "\N{MULTIPLICATION SIGN}"
_FASTEST = 0.001
"""Seconds; the latency axis starts no lower."""


def fate(outcome: Outcome, plan: Plan) -> Fate:
    """Say how a light request fared: the colour of its mark."""
    if verdict(outcome) != "ok":
        return "failed"
    return "good" if is_good(outcome, plan.objective) else "late"


def latency_panel(comparison: Comparison, height: float) -> Panel:
    """Show each light request at the moment for which it was planned."""
    plan = comparison.plan
    waits = [outcome.latency for outcome in _light(chain.from_iterable(_outcomes(comparison)))]
    low = _tick_below(min([plan.objective, *waits]))
    high = max([plan.objective, *waits]) * 1.25

    def draw(run: RunResult, frame: Frame) -> str:
        marks = _marks(plan, run, frame)
        name = text(frame.x.start + 4, frame.y(plan.objective) - 6, "objective", class_="tick")
        return _rule(frame, plan.objective) + name + "".join(marks)

    return Panel(
        title="Latency of each light request",
        legend=_key("●", "good", f"within {_format.duration(plan.objective)}")
        + _key("●", "late", "late")
        + _key(_CROSS, "failed", "gave up or refused"),
        height=height,
        low=low,
        high=high,
        ticks=log_ticks(low, high),
        label=_format.duration,
        draw=draw,
        logarithmic=True,
    )


def goodput_panel(comparison: Comparison, height: float) -> Panel:
    """Show, second by second, how many light requests came and how many were answered in time."""
    plan = comparison.plan
    per_second = chain.from_iterable(seconds_of(plan, run) for run in comparison.runs)
    ticks = round_ticks(max((second.sent for second in per_second), default=1), at_most=3)

    def draw(run: RunResult, frame: Frame) -> str:
        bars = ((s.at, s.sent, "sent") for s in seconds_of(plan, run))
        filled = ((s.at, s.good, "good-bar") for s in seconds_of(plan, run))
        return "".join(_bar(frame, *bar) for bar in chain(bars, filled) if bar[1])

    return Panel(
        title="Goodput: light requests per second",
        legend=_key("■", "sent-key", "sent")
        + _key("■", "good", f"answered within {_format.duration(plan.objective)}"),
        height=height,
        low=0,
        high=ticks[-1],
        ticks=ticks,
        label=_plain,
        draw=draw,
    )


def answers_panel(comparison: Comparison, height: float) -> Panel:
    """Show, second by second, how many were answered in time, against how many can be.

    What was sent is left out: the scale of a flood leaves little of the answers to see.
    """
    plan = comparison.plan
    capacity = plan.capacity or 0.0
    per_second = chain.from_iterable(seconds_of(plan, run) for run in comparison.runs)
    ticks = round_ticks(max([capacity, *(second.good for second in per_second)]), at_most=3)

    def draw(run: RunResult, frame: Frame) -> str:
        bars = (_bar(frame, s.at, s.good, "good-bar") for s in seconds_of(plan, run) if s.good)
        return "".join(bars) + _rule(frame, capacity)

    return Panel(
        title="Answers in time, per second",
        legend=_key("■", "good", f"answered within {_format.duration(plan.objective)}")
        + _key("╌╌", "rule-key", "can be answered"),
        height=height,
        low=0,
        high=ticks[-1],
        ticks=ticks,
        label=_plain,
        draw=draw,
    )


def tasks_panel(comparison: Comparison, height: float) -> Panel:
    """Show the live tasks of the process."""
    return _sampled(comparison, "Live tasks in the process", lambda s: s.tasks, height, "tasks")


def memory_panel(comparison: Comparison, height: float) -> Panel:
    """Show the resident memory of the process."""
    title = "Resident memory of the process, MiB"
    return _sampled(comparison, title, lambda s: (s.rss or 0) / 2**20, height, "memory")


def _sampled(
    comparison: Comparison, title: str, value: Callable[[Sample], float], height: float, name: str
) -> Panel:
    samples = chain.from_iterable(run.samples for run in comparison.runs)
    ticks = round_ticks(max(map(value, samples), default=1), at_most=3)

    def draw(run: RunResult, frame: Frame) -> str:
        points = [
            (frame.x(sample.at), frame.y(value(sample)))
            for sample in run.samples
            if sample.at <= comparison.plan.seconds
        ]
        return area(points, frame.y.start, class_=f"{name}-area") + line(points, class_=name)

    return Panel(title, "", height, 0, ticks[-1], ticks, _plain, draw)


def _marks(plan: Plan, run: RunResult, frame: Frame) -> Iterator[str]:
    def points(wanted: Fate) -> Iterator[Point]:
        for outcome in _light(run.outcomes):
            if fate(outcome, plan) == wanted:
                yield frame.x(outcome.at), frame.y(outcome.latency)

    yield dots(points("good"), class_="good-dot")
    yield dots(points("late"), class_="late-dot")
    yield crosses(points("failed"), class_="failed-cross")


def _rule(frame: Frame, value: float) -> str:
    y = frame.y(value)
    return tag("line", x1=frame.x.start, x2=frame.x.end, y1=y, y2=y, class_="objective")


def _bar(frame: Frame, at: int, value: int, name: str) -> str:
    left, right = frame.x(at) + 1, frame.x(at + 1) - 1
    top = frame.y(value)
    size = {"width": max(right - left, 0.5), "height": frame.y.start - top}
    return tag("rect", x=left, y=top, class_=name, **size)


def _key(glyph: str, name: str, words: str) -> str:
    return tag("tspan", f"\u2003{glyph}", class_=name) + tag("tspan", f"\u00a0{words}")


def _light(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    return (outcome for outcome in outcomes if outcome.kind == "light")


def _outcomes(comparison: Comparison) -> Iterator[tuple[Outcome, ...]]:
    return (run.outcomes for run in comparison.runs)


def _tick_below(value: float) -> float:
    value = max(value, _FASTEST)
    return max(tick for tick in log_ticks(value / 10, value))


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == math.floor(value) else f"{value:g}"
