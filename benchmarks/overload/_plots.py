"""Two pictures: goodput over load, and goodput over time while the downstream is slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from benchmarks.overload._controllers import CONTROLLERS
from benchmarks.overload._scenarios import SCENARIOS, Case, Scenario, capacity
from snowshed.demo._style import figure_style
from snowshed.formats._svg import Point, Scale, line, tag, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.overload._measures import Row

WIDTH = 760.0
LEFT, RIGHT, TOP, FOOT = 46.0, 16.0, 36.0, 50.0
PLOT = 210.0
KEYS_A_ROW, KEY_ROW = 3, 20.0
HIGHEST = 1.1
MOST = 125.0

# Colours are those of the demo; lines differ in dashes as well, to be told apart without colour.
_LINES = {
    "none": "stroke: var(--failed); stroke-dasharray: 2 3;",
    "uvicorn16": "stroke: var(--muted);",
    "uvicorn100": "stroke: var(--muted); stroke-dasharray: 2 3;",
    "gradient2": "stroke: var(--late); stroke-dasharray: 8 3;",
    "vegas": "stroke: var(--memory); stroke-dasharray: 8 3 2 3;",
    "envoy": "stroke: var(--tasks); stroke-dasharray: 5 3;",
    "snowshed": "stroke: var(--good); stroke-width: 3;",
}


class Plot(NamedTuple):
    """The axes of a plot: their scales, what is written below and beside them, and the unit."""

    x: Scale
    y: Scale
    ticks: dict[float, str]
    levels: tuple[float, ...]
    unit: str


class Curve(NamedTuple):
    """The points of one controller."""

    controller: str
    points: Sequence[Point]


def over_load(rows: Sequence[Row]) -> str:
    """Return the picture of goodput over load, in floods of equal requests."""
    mine = [row for row in rows if row["scenario"] == "uniform"]
    curves = [
        Curve(name, [(row["load"], row["goodput_ratio"]) for row in of_controller(mine, name)])
        for name in _LINES
    ]
    loads = sorted({row["load"] for row in mine})
    axis = Scale(loads[0], loads[-1], LEFT, WIDTH - RIGHT, logarithmic=True)
    ticks = {load: f"{load:g}x" for load in loads}
    y = Scale(0.0, HIGHEST, TOP + PLOT, TOP)
    plot = Plot(axis, y, ticks, (0, 0.25, 0.5, 0.75, 1), "load")
    panel = _panel("Good answers, as a share of the capacity", curves, plot)
    return _picture(panel, TOP + PLOT + FOOT, curves)


def over_time(rows: Sequence[Row]) -> str:
    """Return the picture of both brown-outs, second by second."""
    panels, names = "", [*_LINES]
    for number, scenario in enumerate((SCENARIOS["brownout3"], SCENARIOS["brownout5"])):
        mine = [row for row in rows if row["scenario"] == scenario.name]
        curves = [
            Curve(name, _per_second(row, scenario))
            for name in names
            for row in of_controller(mine, name)
        ]
        panels += _seconds(scenario, curves, TOP + number * (TOP + PLOT + FOOT))
    shown = [Curve(name, ()) for name in names if of_controller(rows, name)]
    return _picture(panels, 2 * (TOP + PLOT + FOOT), shown)


def of_controller(rows: Sequence[Row], name: str) -> list[Row]:
    """Return the rows of a controller in the order of load."""
    found = [row for row in rows if row["controller"] == name]
    return sorted(found, key=lambda row: float(row["load"]))


def _per_second(row: Row, scenario: Scenario) -> list[Point]:
    bound = Case(scenario, row["load"]).capacity
    return [(second + 0.5, share * bound) for second, share in enumerate(row["series"])]


def _seconds(scenario: Scenario, curves: Sequence[Curve], top: float) -> str:
    times = scenario.times
    axis = Scale(0.0, times.end, LEFT, WIDTH - RIGHT)
    ticks = {float(second): f"{second}" for second in range(0, int(times.end) + 1, 4)}
    shade = tag(
        "rect",
        x=axis(times.calm),
        y=top,
        width=axis(times.until) - axis(times.calm),
        height=PLOT,
        class_="flood",
    )
    still = capacity(scenario.flood, scenario.slower)
    plot = Plot(axis, Scale(0.0, MOST, top + PLOT, top), ticks, (0, 25, 50, 75, 100), "seconds")
    level = plot.y(still)
    ends = {"x1": axis(times.calm), "x2": axis(times.until)}
    bound = tag("line", **ends, y1=level, y2=level, class_="objective")
    title = f"{scenario.says.capitalize()}: good answers a second; it can still serve {still:.0f}"
    return shade + bound + _panel(title, curves, plot)


def _panel(title: str, curves: Sequence[Curve], plot: Plot) -> str:
    x, y = plot.x, plot.y
    parts = [text(LEFT, y.end - 8, title, class_="title")]
    for value in plot.levels:
        level = y(value)
        parts += [
            tag("line", x1=x.start, x2=x.end, y1=level, y2=level, class_="grid"),
            text(LEFT - 8, level + 4, f"{value:g}", class_="tick end"),
        ]
    for tick, label in plot.ticks.items():
        parts.append(text(x(tick), y.start + 16, label, class_="tick middle"))
    parts.append(text(x.end, y.start + 32, plot.unit, class_="tick end"))
    for curve in curves:
        points = [(x(at), y(value)) for at, value in curve.points]
        parts.append(line(points, class_=f"curve {curve.controller}"))
    return "".join(parts)


def _picture(panels: str, height: float, curves: Sequence[Curve]) -> str:
    style = figure_style() + ".curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; }\n"
    style += "".join(f".{name} {{ {rules} }}\n" for name, rules in _LINES.items())
    keys, bottom = _keys(curves, height)
    ground = tag("rect", width=WIDTH, height=bottom, style="fill: var(--paper)")
    return tag(
        "svg",
        tag("style", style),
        ground,
        panels,
        keys,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {bottom:g}",
        role="img",
    )


def _keys(curves: Sequence[Curve], top: float) -> tuple[str, float]:
    """Return the explanation of the lines below ``top``, and where it ends."""
    parts, shown = [], [curve.controller for curve in curves]
    each = (WIDTH - LEFT - RIGHT) / KEYS_A_ROW
    for number, name in enumerate(shown):
        row, column = divmod(number, KEYS_A_ROW)
        x, y = LEFT + column * each, top + row * KEY_ROW
        parts.append(line([(x, y), (x + 28, y)], class_=f"curve {name}"))
        parts.append(text(x + 36, y + 4, CONTROLLERS[name].says, class_="tick"))
    return "".join(parts), top + -(-len(shown) // KEYS_A_ROW) * KEY_ROW
