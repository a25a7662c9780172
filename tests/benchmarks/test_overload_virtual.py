"""The results under a virtual clock: written, read and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.overload import _virtual
from benchmarks.overload._docs import PAGE, markdown

RESULTS: dict[str, Any] = {
    "schema": 1,
    "commit": "abc",
    "decision_us": {"admitted": 4.25, "refused": 3.0, "ended": 5.5},
    "rows": [
        {"scenario": "uniform", "load": 10, "controller": "none", "goodput_ratio": 0.0},
        {"scenario": "uniform", "load": 10, "controller": "snowshed", "goodput_ratio": 0.987},
    ],
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "results" / "virtual.json"
    _virtual.write(RESULTS, file)
    assert _virtual.read(file) == RESULTS


def test_a_row_that_is_not_there_leaves_its_place_empty() -> None:
    heading, *lines = _virtual.table(RESULTS)
    column = heading.index("uniform 10x")
    shown = {line[0]: line[column] for line in lines}
    assert shown["no control"] == "0.00"
    assert shown["snowshed run --mode enforce"] == "0.99"
    assert shown["Vegas, Netflix's defaults"] == ""


def test_the_page_shows_the_published_results() -> None:
    published = _virtual.read()
    heading, *lines = _virtual.table(published)
    page = PAGE.read_text()
    assert markdown(heading, lines) in page
    assert _virtual.decision(published) in page
