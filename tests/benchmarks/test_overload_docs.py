"""The table, the file, the page and the pictures say what was measured."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from benchmarks.overload import __main__ as command
from benchmarks.overload import _docs
from benchmarks.overload._goals import judged
from benchmarks.overload._measures import measures
from benchmarks.overload._plots import over_load, over_time
from benchmarks.overload._scenarios import cases
from benchmarks.overload._table import RESULTS, heading, line, read, summary, write

pytestmark = pytest.mark.house

SEEN = {"limit": 150, "peak_tasks": 170, "rss_mb": 1.5, "lag_ms": 2.0, "no_core": 0.1}


def _rows():
    return judged(
        [
            measures(case, []) | SEEN | {"controller": controller.name, "goodput_ratio": 0.875}
            for case in cases()
            for controller in command.compared(case.scenario.name)
        ]
    )


def test_a_line_has_a_number_under_each_heading():
    row = _rows()[0]
    assert len(line(row)) <= len(heading())
    assert line(row).split()[:4] == ["uniform", "0.5x", "none", "0.88"]


def test_a_line_says_which_goals_are_missed():
    row = next(r for r in _rows() if (r["controller"], r["load"]) == ("snowshed", 2))
    assert "MISSED goodput_ratio >= 0.97, onset >= 0.95" in line(row)
    assert summary([row]) == "0 of 4 goals met"


def test_the_file_can_be_read_again(tmp_path):
    file = tmp_path / "overload.json"
    rows = _rows()
    write(rows, file)
    document = json.loads(file.read_text())
    assert document["rows"] == rows
    assert document["schema"] == 1
    assert {"commit", "machine", "python"} <= document.keys()
    assert read(file) == document


def test_rows_that_are_measured_again_replace_the_old_ones_in_their_place():
    old = _rows()
    new = [old[5] | {"goodput_ratio": 0.5}]
    merged = command.merged([*old[:5], *old[6:]], new)
    assert merged == [*old[:5], *new, *old[6:]]
    assert command.merged(old, new) == merged


def _results(rows):
    machine = {"cores": 2, "processor": "a"}
    return {"rows": rows, "commit": "c0ffee", "python": "3.11.7", "machine": machine}


def test_the_page_takes_tables_between_its_marks_and_can_be_renewed():
    page = _docs.PAGE.read_text()
    renewed = _docs.with_results(page, _results(_rows()))
    assert "| uvicorn --limit-concurrency 16 | 0.88 | 0.88 | 0.88 | 0.88 | 0.88 |" in renewed
    assert "| uniform 2x | `snowshed` | goodput | >= 0.97 | **0.88** |" in renewed
    assert "c0ffee" in renewed
    assert _docs.with_results(renewed, _results(_rows())) == renewed


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="0 places for 'run'; there must be one"):
        _docs.with_results("nothing", _results(_rows()))


def test_the_page_and_the_pictures_are_those_of_the_results():
    results = read(RESULTS)
    page = _docs.PAGE.read_text()
    assert _docs.with_results(page, results) == page
    assert over_load(results["rows"]) + "\n" == _docs.OVER_LOAD.read_text()
    assert over_time(results["rows"]) + "\n" == _docs.OVER_TIME.read_text()


@pytest.mark.parametrize("draw", [over_load, over_time])
def test_a_picture_has_a_line_for_each_controller_and_says_what_it_is(draw):
    root = ET.fromstring(draw(_rows()))
    lines = [e for e in root.iter() if e.get("class", "").startswith("curve")]
    assert {"curve none", "curve snowshed", "curve envoy"} <= {e.get("class") for e in lines}
    words = " ".join(e.text or "" for e in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "snowshed run --mode enforce" in words
    assert "Envoy" in words


def test_the_command_knows_what_was_asked_for():
    def names(*arguments):
        return [
            (case.scenario.name, case.load, controller.name)
            for case, controller in command.chosen(command.parse([*arguments]))
        ]

    assert names("--scenario", "uniform", "--load", "10", "--controller", "vegas") == [
        ("uniform", 10, "vegas")
    ]
    assert names("--scenario", "warm") == [("warm", 0.5, "snowshed")]
    assert {name for _, _, name in names("--controller", "envoy")} == {"envoy"}
    assert len(names()) == len(_rows())


def test_a_name_that_does_not_exist_ends_the_command(capsys):
    assert command.main(["--scenario", "rain", "--load", "1"]) == 2
    assert command.main(["--scenario", "rain"]) == 2
    assert "no scenario 'rain'" in capsys.readouterr().err
