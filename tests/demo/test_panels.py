"""The panels show the data and only the data: marks are counted, bars are measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo._drawing import elements, words
from demo._sample import BARE, COMPARISON, OVERLOAD, PLAN
from snowshed.demo._model import Comparison, Outcome, RunResult
from snowshed.demo._panels import fate
from snowshed.demo._picture import flood_figure, overload_figure

FIGURE = flood_figure(COMPARISON)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(0.0, "light", 0.250, 0.0, 200), "good"),
        (Outcome(0.0, "light", 0.251, 0.0, 200), "late"),
        (Outcome(0.0, "light", 0.001, 0.0, 503), "failed"),
        (Outcome(0.0, "light", 2.000, 0.0, None, "timeout"), "failed"),
    ],
)
def test_a_mark_tells_the_fate_of_its_request(outcome: Outcome, expected: str) -> None:
    assert fate(outcome, PLAN) == expected


@pytest.mark.parametrize(
    ("name", "mark", "marks"),
    [("good-dot", "h0", 3 + 2), ("late-dot", "h0", 1), ("failed-cross", "m0", 3 + 1)],
)
def test_each_light_request_is_one_mark_of_its_fate(name: str, mark: str, marks: int) -> None:
    drawn = [path.get("d", "") for path in elements(FIGURE, "path", name)]
    assert sum(path.count(mark) for path in drawn) == marks


def test_goodput_bars_are_as_high_as_the_counts() -> None:
    sent = [float(bar.get("height", "")) for bar in elements(FIGURE, "rect", "sent")]
    good = [float(bar.get("height", "")) for bar in elements(FIGURE, "rect", "good-bar")]
    assert [height / sent[0] for height in sent] == pytest.approx([1, 2, 0.5, 0.5, 1], rel=0.02)
    assert [height / sent[0] for height in good] == pytest.approx([1, 0.5, 0.5, 0.5], rel=0.02)


def test_answers_are_drawn_against_what_can_be_answered_and_not_against_what_was_sent() -> None:
    figure = overload_figure(OVERLOAD)
    bars = [float(bar.get("height", "")) for bar in elements(figure, "rect", "good-bar")]
    # Of 2/s: bare 1 1, the limit 1 2, snowshed 1 (none, its answer was late) 1 1.
    full = max(bars)
    assert [height / full for height in bars] == pytest.approx([0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5])
    assert elements(figure, "rect", "sent") == []
    baseline = float(elements(figure, "line", "axis")[0].get("y1", ""))
    rules = [float(line.get("y1", "")) for line in elements(figure, "line", "objective")]
    assert rules[:3] == pytest.approx([baseline - full] * 3, abs=0.2)


def test_samples_from_after_the_run_are_not_drawn() -> None:
    [bare, _] = elements(FIGURE, "path", "tasks")
    assert len(bare.get("d", "")[1:].split("L")) == 2


def test_memory_is_left_out_where_it_was_not_measured() -> None:
    def without(run: RunResult) -> RunResult:
        return replace(run, samples=tuple(replace(sample, rss=None) for sample in run.samples))

    bare, guarded = COMPARISON.runs
    blind = Comparison(PLAN, (without(bare), without(guarded)))
    assert "Resident memory of the process, MiB" in words(FIGURE)
    assert "Resident memory of the process, MiB" not in words(flood_figure(blind))


def test_a_run_without_any_answer_or_sample_is_drawn_too() -> None:
    empty = RunResult("empty", BARE.command, (), ())
    assert elements(flood_figure(Comparison(PLAN, (empty, empty))), "path") == []
