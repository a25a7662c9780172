"""What they do: running, ready, and all the ways of waiting, one above the other over the looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from snowshed.doctor._report._html._figure import axes, figure, spread, title
from snowshed.doctor._report._html._growth import HEIGHT, WIDTH, bars, times
from snowshed.formats._svg import Scale, number, round_ticks, tag, text

if TYPE_CHECKING:
    from snowshed.doctor._report._html._history import History

__all__ = ["states"]

LAYERS_AT_MOST = 8
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 150.0, 14.0, 34.0
_OTHERS = "others"


def states(history: History) -> str:
    """Return the plot of the states; bars, if there was one look."""
    names = _names(history)
    if len(history.moments) < 2:
        counts = history.last.states if history.last else Counter[str]()
        rows = [(name, counts[name], f"s{number}", name) for number, name in enumerate(names)]
        return bars("What they do", "by the kind of state", rows, kind="states", left=110.0)
    layers = [_counts(history, name, names) for name in names]
    moments = history.moments
    sums = [[0] * len(moments)]
    for counts_ in layers:
        sums.append([below + n for below, n in zip(sums[-1], counts_, strict=True)])
    x = Scale(moments[0].at, moments[-1].at, _LEFT, WIDTH - _RIGHT)
    y = Scale(0, round_ticks(max(1, *sums[-1]))[-1], HEIGHT - _BOTTOM, _TOP)
    middles = [y((low[-1] + high[-1]) / 2) for low, high in pairwise(sums)]
    ends = spread(middles, 16, _TOP, HEIGHT - _BOTTOM)
    drawn = []
    for number_, name in enumerate(names):
        shape = _between(x, y, history, sums[number_], sums[number_ + 1])
        last = layers[number_][-1]
        label = text(x.end + 12, ends[number_] + 4, f"{name} {last:,}", class_="label")
        leader = tag(
            "path", d=f"M{x.end + 2:g} {middles[number_]:.1f}L{x.end + 9:g} {ends[number_]:.1f}"
        )
        words = title(f"{name}: {layers[number_][0]:,} → {last:,}")
        drawn.append(tag("g", words, shape, leader, label, class_=f"layer s{number_}"))
    frame = axes(x, y, times(history))
    note = f"all {moments[-1].total:,}, by the kind of state"
    return figure("What they do", note, frame + "".join(drawn), WIDTH, HEIGHT, kind="states")


def _names(history: History) -> list[str]:
    """Return the states, the most frequent first; beyond so many they are one."""
    every: Counter[str] = Counter()
    for moment in history.moments:
        every.update(moment.states)
    names = [name for name, count in every.most_common() if count > 0]
    if len(names) <= LAYERS_AT_MOST:
        return names
    return [*names[: LAYERS_AT_MOST - 1], _OTHERS]


def _counts(history: History, name: str, names: Sequence[str]) -> list[int]:
    if name == _OTHERS:
        return [m.total - sum(m.states[each] for each in names) for m in history.moments]
    return [moment.states[name] for moment in history.moments]


def _between(x: Scale, y: Scale, history: History, low: Sequence[int], high: Sequence[int]) -> str:
    over = [(x(m.at), y(n)) for m, n in zip(history.moments, high, strict=True)]
    under = [(x(m.at), y(n)) for m, n in zip(history.moments, low, strict=True)]
    path = "L".join(f"{number(px)} {number(py)}" for px, py in [*over, *reversed(under)])
    return tag("path", d=f"M{path}Z", class_="area")
