from __future__ import annotations

import json
import socket
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from demo._sample import BARE, PLAN
from snowshed.demo._drive import generating, read_load, read_samples
from snowshed.demo._model import Outcome, Sample
from snowshed.demo._schedule import arrivals
from snowshed.demo._service import CouldNotRunError

if TYPE_CHECKING:
    from pathlib import Path


def gauge(at: float, tasks: int = 5) -> str:
    return json.dumps({"at": at, "tasks": tasks, "rss": 7, "request_peak": 3}) + "\n"


def test_samples_count_from_the_start_and_leave_out_what_is_not_of_the_run() -> None:
    lines = [gauge(99.9), gauge(100.5, 11), gauge(104.5), gauge(107.0)]
    assert read_samples(lines, 100.0, 4.0) == (Sample(0.5, 11, 7, 3), Sample(4.5, 5, 7, 3))


def test_a_line_that_was_cut_off_is_not_a_sample() -> None:
    assert len(read_samples([gauge(100.5), gauge(100.6)[:20]], 100.0, 4.0)) == 1
    assert len(read_samples(["7\n", gauge(100.5)], 100.0, 4.0)) == 1


def test_outcomes_are_told_as_they_come_and_returned_as_they_were_planned() -> None:
    ended = sorted(BARE.outcomes, key=lambda outcome: outcome.at + outcome.latency)
    lines = [json.dumps(fields) for fields in ({"started": 9.5}, *map(asdict, ended))]
    seen: list[Outcome] = []
    loaded = read_load(lines, seen.append)
    assert loaded is not None
    assert loaded.started == 9.5
    assert tuple(seen) == tuple(ended)
    assert loaded.outcomes == BARE.outcomes


@pytest.mark.server
def test_a_service_that_is_not_there_is_measured_as_lost_connections(tmp_path: Path) -> None:
    plan = replace(PLAN, seconds=0.3, flood_from=0.1, flood_until=0.2, light_rate=30.0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        with generating(taken.getsockname()[1], plan, tmp_path) as generator:
            loaded = generator.run(lambda outcome: None)
    assert len(loaded.outcomes) == len(arrivals(plan))
    assert {outcome.failure for outcome in loaded.outcomes} == {"connection"}


@pytest.mark.server
def test_a_generator_that_breaks_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    plan = replace(PLAN, items=0, light_timeout="soon")  # type: ignore[arg-type]
    with (
        generating(1, plan, tmp_path) as generator,
        pytest.raises(CouldNotRunError, match=r"exit code 1; its output:(.|\n)*TypeError"),
    ):
        generator.run(lambda outcome: None)


@pytest.mark.server
def test_a_generator_that_has_ended_before_the_word_is_an_error_too(tmp_path: Path) -> None:
    with generating(1, PLAN, tmp_path) as generator:
        generator._process.kill()
        generator._process.wait()
        with pytest.raises(CouldNotRunError, match=r"exit code -9; its output: \(it printed"):
            generator.run(lambda outcome: None)


@pytest.mark.server
def test_a_generator_sends_nothing_before_the_word_and_is_gone_with_its_block(
    tmp_path: Path,
) -> None:
    with socket.socket() as service:
        service.bind(("127.0.0.1", 0))
        service.listen()
        service.setblocking(False)
        with generating(service.getsockname()[1], PLAN, tmp_path) as generator:
            # It ends by itself, without a word, when nobody is left to say one.
            assert generator._process.communicate()[0] == ""
            assert generator._process.returncode == 0
        with pytest.raises(BlockingIOError):
            service.accept()
