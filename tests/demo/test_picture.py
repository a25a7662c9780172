"""The figures with their headings: the README's picture, and those of the report."""

from __future__ import annotations

import re

import pytest

from demo._drawing import elements, words
from demo._sample import COMPARISON, FINDINGS, OVERLOAD
from snowshed.demo._picture import flood_figure, overload_figure, readme_picture
from snowshed.demo._words import headline, overload_headline

PICTURE = readme_picture(FINDINGS)
FIGURES = {"flood": flood_figure(COMPARISON), "overload": overload_figure(OVERLOAD)}


@pytest.fixture(params=[PICTURE, *FIGURES.values()], ids=["picture", *FIGURES])
def svg(request: pytest.FixtureRequest) -> str:
    drawn: str = request.param
    return drawn


def shown(svg: str, name: str) -> list[str]:
    return ["".join(element.itertext()) for element in elements(svg, "text", name)]


FLOOD_VALUES = ["0 %", "≥ 2.00 s", "900", "50.0 %", "25 ms", "60"]
OVERLOAD_VALUES = ["0.5/s", "≥ 2.00 s", "1.0/s", "400 ms", "0.5/s", "900 ms"]


def test_the_headings_carry_the_measured_figures() -> None:
    assert shown(FIGURES["flood"], "value") == FLOOD_VALUES
    assert shown(FIGURES["overload"], "value") == OVERLOAD_VALUES
    assert shown(PICTURE, "value") == FLOOD_VALUES + OVERLOAD_VALUES


def test_the_commands_are_shown_without_what_all_runs_share() -> None:
    guarded = "snowshed run --mode enforce --budget 50 -- uvicorn shop:app"
    assert shown(FIGURES["flood"], "command") == ["uvicorn shop:app", guarded]


def test_a_command_that_is_too_long_for_its_column_is_broken_between_options() -> None:
    assert shown(FIGURES["overload"], "command") == [
        "uvicorn shop:app",
        "uvicorn shop:app --limit-concurrency 7",
        "snowshed run --mode enforce",
        "--objective 0.5 -- uvicorn shop:app",
    ]


def test_names_are_escaped() -> None:
    assert "snowshed <&>" in words(PICTURE)
    assert "snowshed <&>" in words(FIGURES["flood"])


def test_who_cannot_see_it_is_told_what_came_out() -> None:
    def told(svg: str) -> str | None:
        return elements(svg, "desc")[0].text

    assert told(FIGURES["flood"]) == headline(COMPARISON)
    assert told(FIGURES["overload"]) == overload_headline(OVERLOAD)
    assert told(PICTURE) == f"{headline(COMPARISON)} {overload_headline(OVERLOAD)}"


def test_the_picture_says_how_much_more_comes_than_can_be_answered() -> None:
    assert shown(PICTURE, "subtitle")[-1] == (
        "1 requests/s to a page that can answer 2 in a second; in the shaded time 4."
    )


def test_nothing_is_loaded_from_anywhere(svg: str) -> None:
    assert not re.search(r"href|url\(|@import|<script|<image", svg)
    assert svg.count("http") == svg.count("http://www.w3.org/2000/svg") == 1


def test_the_picture_brings_its_own_card_and_style_and_the_figure_leaves_them_to_its_page() -> None:
    assert elements(PICTURE, "rect", "paper")
    assert "prefers-color-scheme: dark" in PICTURE
    for figure in FIGURES.values():
        assert elements(figure, "style") == []
