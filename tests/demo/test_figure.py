"""The runs lie side by side on the same axes."""

from __future__ import annotations

import pytest

from demo._drawing import elements, words
from demo._sample import COMPARISON, FINDINGS, OVERLOAD, PLAN
from snowshed.demo._figure import columns
from snowshed.demo._picture import flood_figure, overload_figure, readme_picture

FIGURE = flood_figure(COMPARISON)


def test_a_vertical_axis_is_labelled_once_and_each_time_axis_for_itself() -> None:
    shown = words(FIGURE)
    assert shown.count("1,000") == 1
    assert shown.count("seconds since the start of the run") == 2


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_columns_are_equally_wide_and_do_not_touch(count: int) -> None:
    times = columns(PLAN, count, 900)
    assert len(times) == count
    widths = [time.end - time.start for time in times]
    assert widths == pytest.approx([widths[0]] * count)
    ends = [pixel for time in times for pixel in (time.start, time.end)]
    assert ends == sorted(set(ends))
    assert 0 < ends[0] < ends[-1] < 900


def test_the_flood_is_shaded_where_it_was_in_every_plot() -> None:
    bands = elements(FIGURE, "rect", "flood")
    assert len(bands) == 2 * 4
    for band, time in zip(bands[:2], columns(PLAN, 2, 900), strict=True):
        left = float(band.get("x", ""))
        assert left == pytest.approx(time(PLAN.flood_from), abs=0.2)
        right = left + float(band.get("width", ""))
        assert right == pytest.approx(time(PLAN.flood_until), abs=0.2)


@pytest.mark.parametrize("figure", [FIGURE, overload_figure(OVERLOAD), readme_picture(FINDINGS)])
def test_no_text_begins_outside_the_figure(figure: str) -> None:
    _, _, width, height = map(float, elements(figure, "svg")[0].get("viewBox", "").split())
    for text in elements(figure, "text"):
        assert 0 < float(text.get("y", "")) < height
        assert 0 < float(text.get("x", "")) < width
