"""How many stood at a place, look by look: what grows, and what only stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed.doctor._report._html._figure import axes, cut, figure, short, spread, text_, title
from snowshed.doctor._report._words import place
from snowshed.formats._svg import Scale, dots, line, round_ticks, tag, text

if TYPE_CHECKING:
    from snowshed.doctor._looks import Where
    from snowshed.doctor._report._html._history import History

__all__ = ["bars", "growth", "times", "where_they_stand"]

WIDTH, HEIGHT = 640.0, 300.0
LINES_AT_MOST = 7
BARS_AT_MOST = 10
TICKS_AT_MOST = 6
FAR_APART = 30
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 222.0, 14.0, 34.0
_LABEL, _NAME = 28, 44


def growth(history: History, wrong: Mapping[Where, str]) -> str:
    """Return the plot of what has changed; that of one look if there is only one.

    Args:
        history: what was counted.
        wrong: the severity of what was found at a place.
    """
    if len(history.moments) < 2:
        return where_they_stand(history, wrong)
    chosen = _chosen(history, wrong)
    moments = history.moments
    y, far_apart = _scale([max(history.of(where)) for where in chosen])
    x = Scale(moments[0].at, moments[-1].at, _LEFT, WIDTH - _RIGHT)
    ends = spread([y(history.of(where)[-1]) for where in chosen], 16, _TOP, HEIGHT - _BOTTOM)
    drawn = [axes(x, y, times(history))]
    # The worst is drawn last, over the others.
    for where, end in reversed([*zip(chosen, ends, strict=True)]):
        counts = history.of(where)
        points = [(x(moment.at), y(count)) for moment, count in zip(moments, counts, strict=True)]
        words = f"{place(where.at)}, {where.state}: {' → '.join(f'{n:,}' for n in counts[-12:])}"
        name = _name(where, chosen, _LABEL - len(f" {counts[-1]:,}"))
        label = text(x.end + 12, end + 4, f"{name} {counts[-1]:,}", class_="label")
        leader = tag("path", d=f"M{x.end + 3:g} {points[-1][1]:.1f}L{x.end + 9:g} {end:.1f}")
        shapes = (title(words), line(points), leader, dots(points), label)
        drawn.append(tag("g", *shapes, class_=f"line {wrong.get(where, 'well')}"))
    said = f"the {many(len(chosen), 'place')} that changed most or are told below"
    rest = len(moments[-1].places) - len(chosen)
    note = f"{said}; {rest:,} more are not drawn" if rest > 0 else said
    note += "; each step up is three times as many" if far_apart else ""
    return figure("Growth", note, "".join(drawn), WIDTH, HEIGHT, kind="growth")


def _name(where: Where, chosen: Sequence[Where], length: int) -> str:
    """Return the name of a place, with its state if another one is at the same line."""
    if sum(other.at == where.at for other in chosen) == 1:
        return short(where.at, length)
    state = cut(where.state, length // 2)
    return f"{short(where.at, length - len(state) - 1)} {state}"


def _scale(highest: Sequence[int]) -> tuple[Scale, bool]:
    """Return the axis for lines that go up so far, and whether it is logarithmic.

    It is where one line would press all others to the ground.
    """
    top = max(1, *highest)
    far_apart = top > FAR_APART * max(1, sorted(highest)[len(highest) // 2])
    if far_apart:
        decades = 10.0 ** len(str(top))
        high = decades if top > 0.3 * decades else 0.3 * decades
        return Scale(1, high, HEIGHT - _BOTTOM, _TOP, logarithmic=True), True
    return Scale(0, round_ticks(top)[-1], HEIGHT - _BOTTOM, _TOP), False


def _chosen(history: History, wrong: Mapping[Where, str]) -> Sequence[Where]:
    """Return what is worth a line: what was found, and what has changed most."""
    found = [*wrong][: LINES_AT_MOST - 1]
    others = (where for where in history.moving() if where not in wrong)
    return [*found, *islice(others, LINES_AT_MOST - len(found))]


def times(history: History) -> list[tuple[float, str]]:
    """Return marks for the looks, few enough to label."""
    moments = history.moments
    step = -(-(len(moments) - 1) // (TICKS_AT_MOST - 1)) if len(moments) > 1 else 1
    shown = [*range(0, len(moments), step or 1)]
    if history.in_seconds:
        return [(moments[index].at, _after(moments[index].at)) for index in _apart(history, shown)]
    return [(moments[index].at, f"look {index + 1}") for index in shown]


def _apart(history: History, shown: Sequence[int]) -> Sequence[int]:
    """Return those of ``shown`` whose labels do not lie on each other."""
    whole = history.moments[-1].at or 1.0
    kept: list[int] = []
    for index in shown:
        far = not kept or history.moments[index].at - history.moments[kept[-1]].at > whole / 9
        kept += [index] if far else []
    return kept


def _after(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"+{seconds / size:.3g} {unit}"
    if not seconds:
        return "first"
    return f"+{seconds:.0f} s" if seconds >= 10 else f"+{seconds:.2g} s"


def where_they_stand(history: History, wrong: Mapping[Where, str]) -> str:
    """Return the places at which most stand, of one look."""
    last = history.last
    places = last.places.most_common(BARS_AT_MOST) if last else []
    rows = [
        (
            short(where.at, _NAME),
            count,
            wrong.get(where, "well"),
            f"{place(where.at)}, {where.state}",
        )
        for where, count in places
    ]
    rest = (len(last.places) if last else 0) - len(rows)
    note = f"of one look; {many(rest, 'more place')} not drawn" if rest > 0 else "of one look"
    return bars("Where they stand", note, rows, kind="growth")


def bars(
    heading: str,
    note: str,
    rows: Sequence[tuple[str, int, str, str]],
    *,
    kind: str,
    left: float = 320.0,
) -> str:
    """Return a plot of bars: each a name, a count, a class, and what a pointer shows."""
    high = max((count for _, count, _, _ in rows), default=1)
    x = Scale(0, max(high, 1), left, WIDTH - 60)
    drawn = []
    for number, (name, count, class_, words) in enumerate(rows):
        y = 26.0 * number + 4
        length = max(x(count) - x.start, 1.5)
        bar = tag("rect", x=x.start, y=y, width=length, height=16.0, rx=2)
        label = text(x.start - 10, y + 12.5, cut(name, _NAME), class_="label end")
        value = text(x.start + length + 6, y + 12.5, f"{count:,}", class_="tick")
        drawn.append(tag("g", title(words), label, bar, value, class_=f"bar {class_}"))
    height = max(26.0 * len(rows) + 8, 60.0)
    empty = text(0.0, 20.0, text_("nothing was seen"), class_="tick")
    return figure(heading, note, "".join(drawn) or empty, WIDTH, height, kind=kind)
