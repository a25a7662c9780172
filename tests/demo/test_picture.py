"""The figure with its headings: the README's picture, and the figure of the report."""

from __future__ import annotations

import re

import pytest

from demo._drawing import elements, words
from demo._sample import COMPARISON
from snowshed.demo._picture import readme_picture, report_figure
from snowshed.demo._rows import headline


@pytest.fixture(params=[readme_picture, report_figure], ids=["picture", "figure"])
def svg(request: pytest.FixtureRequest) -> str:
    drawn: str = request.param(COMPARISON)
    return drawn


def test_the_headings_carry_the_measured_figures(svg: str) -> None:
    values = ["".join(element.itertext()) for element in elements(svg, "text", "value")]
    assert values == ["0 %", "≥ 2.00 s", "900", "50.0 %", "25 ms", "60"]


def test_the_commands_are_shown_without_what_both_runs_share(svg: str) -> None:
    commands = ["".join(element.itertext()) for element in elements(svg, "text", "command")]
    guarded = "snowshed run --mode enforce --budget 50 -- uvicorn shop:app"
    assert commands == ["uvicorn shop:app", guarded]


def test_names_are_escaped(svg: str) -> None:
    assert "snowshed <&>" in words(svg)


def test_who_cannot_see_it_is_told_what_came_out(svg: str) -> None:
    [description] = elements(svg, "desc")
    assert description.text == headline(COMPARISON)


def test_nothing_is_loaded_from_anywhere(svg: str) -> None:
    assert not re.search(r"href|url\(|@import|<script|<image", svg)
    assert svg.count("http") == svg.count("http://www.w3.org/2000/svg") == 1


def test_the_picture_brings_its_own_card_and_style_and_the_figure_leaves_them_to_its_page() -> None:
    picture, figure = readme_picture(COMPARISON), report_figure(COMPARISON)
    assert elements(picture, "rect", "paper")
    assert "prefers-color-scheme: dark" in picture
    assert elements(figure, "style") == []
