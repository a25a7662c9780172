"""What is measured of looking at tasks is measured, on services that are small here."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter

import pytest
from benchmarks._crowd import crowd, end_crowd
from benchmarks._runner import CONTROL, new_loop

from _needs import module
from benchmarks import idle, snapshot, watching
from snowshed.model import TaskState
from snowshed.observe._snapshot._snapshot import take_on_loop

pytestmark = pytest.mark.house

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="reads CPU clocks as Linux has"
)


def test_a_crowd_waits_in_equal_parts_for_all_that_tasks_wait_for() -> None:
    loop = new_loop("asyncio")

    async def states() -> Counter[TaskState]:
        seen = await take_on_loop()
        return Counter(task.state for task in seen.tasks)

    tasks = loop.run_until_complete(crowd(400))
    try:
        counted = loop.run_until_complete(states())
    finally:
        end_crowd(loop, tasks)
    assert len(tasks) == 400
    assert counted[TaskState.LOCK] == 100
    assert counted[TaskState.QUEUE_GET] == 100
    assert counted[TaskState.SLEEP] == 100
    assert counted[TaskState.FUTURE] == 100
    assert all(task.done() for task in tasks)


@pytest.mark.server
@linux
def test_a_look_is_measured_beside_a_time_without_one() -> None:
    [rows] = snapshot.measure("asyncio", rounds=1, number=400, quiet=0.05)
    by_name = {row.name: row for row in rows}
    assert {row.section for row in rows} == {"snapshot of 400 tasks"}
    assert all(row.ratio is not None and row.ratio >= 0 for row in rows)
    assert {row.name: row.goal for row in rows if row.goal} == {
        "each task: lag, p90, best run, ms": 5,
        "each task: longest lag, best run, ms": 20,
        "each task: bytes for each task": 300,
        "grouped by the line: lag, p90, best run, ms": 5,
        "grouped by the line: longest lag, best run, ms": 20,
    }
    assert by_name["each task: bytes for each task"].met
    assert "nobody asks: lag, p90, ms" in by_name


def test_counting_by_state_is_measured_on_each_loop() -> None:
    rows = [row for group in snapshot.counts(rounds=1, number=400) for row in group]
    assert {row.goal for row in rows} == {0.2}
    assert all(row.ratio for row in rows)


@pytest.mark.server
@linux
def test_an_idle_service_is_measured_with_and_without_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "SECONDS", 0.1)
    groups = [*idle.measure("asyncio", rounds=1, crowd=400)]
    assert [rows[0].section for rows in groups] == ["idle: 0 tasks", "idle: 400 tasks"]
    for bare, observed in groups:
        assert (bare.goal, observed.goal) == (None, idle.GOAL)


@pytest.mark.server
@linux
@pytest.mark.parametrize("load", watching.LOADS)
def test_a_loaded_service_is_looked_at_and_left_alone_in_turn(
    load: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module("fastapi")
    module("uvicorn")
    monkeypatch.setenv("BENCHMARK_CROWD", "400")
    [rows] = watching.measure("asyncio", "h11", load, rounds=1, seconds=0.2)
    assert [row.name for row in rows] == [CONTROL, watching.ELSEWHERE, watching.WATCHED] * 2
    assert all(row.ratio is not None and row.ratio > 0 for row in rows)
    assert [row.goal is not None for row in rows] == [False, False, load == "steady"] * 2


@pytest.mark.parametrize(
    ("control", "least", "most"),
    [((1.0, 1.0), 0.99, 1.25), ((0.9, 1.5), 0.9, 1.5), ((1.1, 0.5), 0.99, 1.25)],
)
def test_no_loss_beyond_the_noise_means_that_of_the_control(
    control: tuple[float, float], least: float, most: float
) -> None:
    rate, p99 = control
    windows = {
        watching.ALONE: watching.Window(1.0, 1.0),
        CONTROL: watching.Window(rate, p99),
        watching.ELSEWHERE: watching.Window(1.0, 1.0),
        watching.WATCHED: watching.Window(1.0, 1.0),
    }
    rows = [*watching._rows("asyncio", "steady", [windows])]
    assert [row.goal for row in rows] == [None, None, least, None, None, most]


def test_a_look_that_fails_is_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        pid = 2**22

    with pytest.raises(RuntimeError, match="4194304"), watching._looks(Gone()):  # type: ignore[arg-type]
        asyncio.run(asyncio.sleep(0))
