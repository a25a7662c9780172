"""Both runs lie side by side on the same axes."""

from __future__ import annotations

import pytest

from demo._drawing import elements, words
from demo._sample import COMPARISON, PLAN
from snowshed.demo._figure import columns
from snowshed.demo._picture import report_figure

FIGURE = report_figure(COMPARISON)


def test_a_vertical_axis_is_labelled_once_and_each_time_axis_for_itself() -> None:
    shown = words(FIGURE)
    assert shown.count("1,000") == 1
    assert shown.count("seconds since the start of the run") == 2


def test_the_columns_are_equally_wide_and_do_not_touch() -> None:
    bare, guarded = columns(PLAN, 900)
    assert bare.end - bare.start == guarded.end - guarded.start
    assert bare.end < guarded.start < guarded.end < 900


def test_the_flood_is_shaded_where_it_was_in_every_plot() -> None:
    bands = elements(FIGURE, "rect", "flood")
    assert len(bands) == 2 * 4
    for band, time in zip(bands[:2], columns(PLAN, 900), strict=True):
        left = float(band.get("x", ""))
        assert left == pytest.approx(time(PLAN.flood_from), abs=0.2)
        right = left + float(band.get("width", ""))
        assert right == pytest.approx(time(PLAN.flood_until), abs=0.2)


def test_no_text_begins_outside_the_figure() -> None:
    _, _, width, height = map(float, elements(FIGURE, "svg")[0].get("viewBox", "").split())
    for text in elements(FIGURE, "text"):
        assert 0 < float(text.get("y", "")) < height
        assert 0 < float(text.get("x", "")) < width
