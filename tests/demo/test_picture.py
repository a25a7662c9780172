"""The figure shows the data and only the data: marks are counted, and files stand alone."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from demo._sample import BARE, COMPARISON, GUARDED, PLAN
from snowshed.demo._model import Comparison, RunResult
from snowshed.demo._picture import readme_picture, report_figure

SVG = "{http://www.w3.org/2000/svg}"


def marks(svg: str, name: str) -> int:
    paths = ET.fromstring(svg).iter(f"{SVG}path")
    return sum(path.get("d", "").count("h0") for path in paths if path.get("class") == name)


def words(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.fixture(params=[readme_picture, report_figure], ids=["picture", "figure"])
def svg(request: pytest.FixtureRequest) -> str:
    drawn: str = request.param(COMPARISON)
    return drawn


def test_each_light_request_is_one_mark_of_its_fate(svg: str) -> None:
    assert marks(svg, "good-dot") == 3 + 2
    assert marks(svg, "late-dot") == 1
    crosses = [p for p in ET.fromstring(svg).iter(f"{SVG}path") if p.get("class") == "failed-cross"]
    assert sum(cross.get("d", "").count("m0") for cross in crosses) == 3 + 1


def test_goodput_bars_are_as_high_as_the_counts(svg: str) -> None:
    rects = list(ET.fromstring(svg).iter(f"{SVG}rect"))
    sent = [float(r.get("height", "")) for r in rects if r.get("class") == "sent"]
    good = [float(r.get("height", "")) for r in rects if r.get("class") == "good-bar"]
    assert [height / sent[0] for height in sent] == pytest.approx([1, 2, 0.5, 0.5, 1], rel=0.02)
    assert [height / sent[0] for height in good] == pytest.approx([1, 0.5, 0.5, 0.5], rel=0.02)


def test_the_headings_carry_the_measured_figures(svg: str) -> None:
    shown = words(svg)
    assert {"0 %", "≥ 2.00 s", "900", "50.0 %", "25 ms", "60"} <= set(shown)
    assert "snowshed run --mode enforce --budget 50 -- uvicorn shop:app" in shown
    assert "uvicorn shop:app" in shown


def test_names_are_escaped(svg: str) -> None:
    assert "snowshed <&>" in words(svg)


def test_both_runs_share_their_axes(svg: str) -> None:
    shown = words(svg)
    assert shown.count("seconds since the start of the run") == 2
    assert shown.count("1,000") == 1  # one vertical axis of tasks for both


def test_nothing_is_loaded_from_anywhere(svg: str) -> None:
    assert not re.search(r"href|url\(|@import|<script|<image", svg)
    assert svg.count("http") == svg.count("http://www.w3.org/2000/svg") == 1


def test_the_picture_brings_its_own_card_and_both_colour_schemes() -> None:
    picture = readme_picture(COMPARISON)
    assert "prefers-color-scheme: dark" in picture
    assert 'class="paper"' in picture


def test_every_colour_that_is_used_is_defined_in_both_schemes() -> None:
    picture = readme_picture(COMPARISON)
    used = set(re.findall(r"var\(--([a-z]+)\)", picture))
    assert used
    for name in used:
        assert picture.count(f"--{name}: #") == 2


def test_a_run_without_any_answer_or_sample_is_drawn_too() -> None:
    empty = RunResult("empty", ("python", "-m", "uvicorn", "shop:app"), (), ())
    drawn = report_figure(Comparison(PLAN, empty, empty))
    assert "-" in words(drawn)
    assert "MiB" not in drawn


def test_memory_is_left_out_where_it_was_not_measured() -> None:
    def without(run: RunResult) -> RunResult:
        return replace(run, samples=tuple(replace(sample, rss=None) for sample in run.samples))

    assert "MiB" in report_figure(COMPARISON)
    assert "MiB" not in report_figure(Comparison(PLAN, without(BARE), without(GUARDED)))
