"""The doctor is right about leaks that others have labelled, and were there in real programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor._leak_programs import Score, build, programs, run

pytestmark = [pytest.mark.slow, pytest.mark.house]
# Most leak each time, some only sometimes.
TIMES, PLACES_AT_LEAST = 2, 100
GROUP, DETAIL, PLAIN = 0.95, 0.9, 0.8


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    folder: Path = tmp_path_factory.mktemp("leaks")
    build(folder)
    found = Score()
    everything = programs()
    for program, dumps in zip(everything, run(everything, folder, times=TIMES), strict=True):
        for dump in dumps:
            found.take(program, dump)
    print(*found.table(), sep="\n")
    return found


def test_every_place_that_leaks_is_labelled(score: Score) -> None:
    assert score.unlabelled == set()
    assert len(score.places) >= PLACES_AT_LEAST


@pytest.mark.parametrize("held", [False, True])
def test_the_group_and_the_detail_are_right(score: Score, held: bool) -> None:
    assert score.share("group", held=held) >= GROUP
    assert score.share("detail", held=held) >= DETAIL


@pytest.mark.parametrize("held", [False, True])
def test_without_proof_the_detail_is_right_wherever_something_is_said(
    score: Score, held: bool
) -> None:
    assert score.share("plain", held=held) >= PLAIN


def test_what_does_not_leak_gets_nothing_above_low(score: Score) -> None:
    assert score.above_low == set()
