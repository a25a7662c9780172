from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.formats._svg import (
    Scale,
    area,
    crosses,
    dots,
    line,
    log_ticks,
    number,
    round_ticks,
    tag,
    text,
)

words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]))


@given(words, words)
def test_any_words_come_back_from_the_markup_unchanged(shown: str, attribute: str) -> None:
    element = ET.fromstring(text(1.0, 2.0, shown, class_=attribute))
    assert (element.text or "") == shown
    assert element.get("class") == attribute


def test_an_attribute_name_may_be_a_keyword_or_hold_a_dash() -> None:
    element = ET.fromstring(tag("g", tag("path"), class_="a", stroke_width=1.25))
    assert element.attrib == {"class": "a", "stroke-width": "1.2"}
    assert [child.tag for child in element] == ["path"]


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.0, "0"), (-0.0, "0"), (-0.01, "0"), (3.0, "3"), (2.25, "2.2"), (-1.5, "-1.5")],
)
def test_coordinates_are_short(value: float, written: str) -> None:
    assert number(value) == written


def test_a_linear_scale_maps_its_ends_and_its_middle() -> None:
    scale = Scale(0, 10, 100, 0)
    assert [scale(value) for value in (0, 5, 10)] == [100, 50, 0]


def test_on_a_logarithmic_scale_equal_ratios_are_equally_far_apart() -> None:
    scale = Scale(0.01, 1, 0, 100, logarithmic=True)
    assert [scale(value) for value in (0.01, 0.1, 1)] == pytest.approx([0, 50, 100])


def test_values_beyond_the_ends_land_on_the_ends() -> None:
    scale = Scale(0.01, 1, 0, 100, logarithmic=True)
    assert [scale(value) for value in (0.0, 99.0)] == [0, 100]


@given(st.floats(1e-3, 1e9))
def test_round_ticks_reach_the_value_with_few_even_steps(high: float) -> None:
    ticks = round_ticks(high)
    assert ticks[0] == 0
    assert high <= ticks[-1] * (1 + 1e-6)
    assert 2 <= len(ticks) <= 6
    steps = {round((b - a) / ticks[1], 6) for a, b in itertools.pairwise(ticks)}
    assert steps == {1.0}


def test_round_ticks_of_nothing_are_still_an_axis() -> None:
    assert len(round_ticks(0.0)) >= 2


def test_log_ticks_are_one_and_three_times_the_powers_of_ten() -> None:
    assert log_ticks(0.01, 2.5) == pytest.approx([0.01, 0.03, 0.1, 0.3, 1.0])


def test_a_mark_is_drawn_for_each_point_and_nothing_for_none() -> None:
    points = [(1.0, 2.0), (3.0, 4.5)]
    assert ET.fromstring(dots(points)).get("d") == "M1 2h0M3 4.5h0"
    assert ET.fromstring(crosses(points)).get("d", "").count("M") == 2
    assert dots([]) == crosses([]) == line([]) == area([], 0.0) == ""


def test_an_area_is_its_line_closed_along_the_base() -> None:
    points = [(0.0, 5.0), (10.0, 2.0)]
    assert ET.fromstring(line(points)).get("d") == "M0 5L10 2"
    assert ET.fromstring(area(points, 9.0)).get("d") == "M0 5L10 2V9H0Z"
