"""Every case of the benchmarks runs, and what it yields can be printed, written and read."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager

import pytest
from benchmarks.__main__ import AREAS, main, pieces, sections
from benchmarks._runner import CONTROL, Case, Row, Section, loop_kinds, measure, row_of
from benchmarks._table import PARTS, as_json, document, from_json, summary, table

from _needs import module
from benchmarks import fastapi_throughput, hook
from snowshed.integrations._request import watch_requests

pytestmark = pytest.mark.house


@pytest.fixture(autouse=True)
def nobody_watches_requests_afterwards():
    yield
    watch_requests(None)


# Rivals warn, and one waits for ever for a thread that such an error has ended.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", loop_kinds())
@pytest.mark.parametrize(
    "area", [area for areas in AREAS.values() for area in areas], ids=lambda area: area.__name__
)
def test_each_case_that_is_installed_yields_a_ratio(area, kind):
    for section in area.sections(kind):
        measured = measure(section, rounds=1, scale=100 / section.operations)
        rows = [row for row in measured if row.section == section.name]
        assert [row.name for row in rows] == [CONTROL, *(case.name for case in section.cases)]
        for row, case in zip(rows[1:], section.cases, strict=True):
            assert (row.ratio is not None) is case.installed
            assert row.ratio is None or row.ratio > 0


def test_the_hook_is_also_given_as_what_it_takes_of_a_core():
    section = hook.sections("asyncio")[0]
    spent = {case.name: 1.5e-6 for case in section.cases} | {section.baseline.name: 1.0e-6}
    rows = section.also(section, [spent])
    # Half a microsecond for each of 20,000 tasks.
    assert [row.ratio for row in rows] == [pytest.approx(1.0)] * 3
    assert all(row.name.startswith("each task noted") for row in rows)


def test_a_case_is_surrounded_by_what_is_not_in_its_time():
    seen = []

    @contextmanager
    def around(loop):
        seen.append(("enter", loop.is_running()))
        yield
        seen.append(("leave", loop.is_running()))

    async def work(operations):
        seen.append(operations)

    case = Case("theirs", work, around=around)
    measure(Section("s", Case("b", _nothing), (case,), 1, "asyncio"), rounds=1)
    assert seen == [("enter", False), 1, ("leave", False)] * 2


def test_each_piece_can_be_chosen_alone():
    names = [name for part in PARTS for name, _ in pieces(part, 1)]
    assert len({*names}) == len(names)
    for name in ("fastapi asyncio h11", "idle uvloop", "snapshot asyncio", "watching: steady"):
        assert sum(each.startswith(name) for each in names) >= 1


def test_the_goals_of_the_design_are_all_there():
    goals = {
        (s.name, c.name): c.at_most
        for p in PARTS
        for s in sections(p)
        for c in s.cases
        if c.at_most
    }
    assert goals == {
        ("hook", "one of 32 noted, outside requests"): 1.15,
        ("hook", "one of 32 noted, in a request"): 1.15,
        ("scope", "TaskScope.spawn"): 1.6,
        ("semaphore: uncontended", "WeightedSemaphore"): 0.8,
        ("channel: buffered 100", "open_channel"): 0.6,
        ("channel: hand over", "open_channel(0), rendezvous"): 1.5,
        ("pool", "WorkerPool.submit_nowait"): 0.8,
        ("pool", "WorkerPool.submit"): 0.8,
    }
    assert fastapi_throughput.GOAL == 0.97


@pytest.mark.server
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads CPU clocks as Linux has")
def test_real_servers_are_loaded_and_compared():
    module("fastapi")
    module("uvicorn")
    [rows] = fastapi_throughput.measure("asyncio", "h11", rounds=1, requests=16)
    servers = len(fastapi_throughput.SERVERS) - 1
    assert len(rows) == 2 * len(fastapi_throughput.ROUTES) * servers
    assert all(row.ratio is not None and row.ratio > 0 for row in rows)
    assert {row.name for row in rows if row.goal} == {"snowshed run (observe)"}


async def _nothing(operations):
    assert operations >= 1


def test_a_rival_that_is_missing_is_said_to_be_not_installed():
    case = Case("theirs", _nothing, needs="no_such_package")
    rows = measure(Section("s", Case("b", _nothing), (case,), 1, "asyncio"), rounds=1)
    assert (rows[1].ratio, rows[1].met) == (None, None)
    assert "not installed" in table(rows)


def _row(ratio, goal, **more):
    return row_of([ratio], section="s", name="n", loop="asyncio", goal=goal, baseline="b", **more)


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (_row(1.154, 1.15), True),
        (_row(1.156, 1.15), False),
        (_row(0.966, 0.97, at_least=True), True),
        (_row(0.964, 0.97, at_least=True), False),
        (_row(9.0, None), None),
    ],
)
def test_a_goal_is_met_as_far_as_the_table_shows(row: Row, met):
    assert row.met is met
    assert ("met" in table([row]), "MISSED" in table([row])) == (met is True, met is False)


def test_the_summary_names_what_is_missed():
    assert summary([_row(1.0, 1.5), _row(1.0, None)]) == "1 of 1 goals met"
    assert "0 of 1 goals met; missed: n (asyncio" in summary([_row(2.0, 1.5)])


def test_quartiles_are_those_of_the_rounds():
    row = row_of([5, 1, 2, 4, 3], section="s", name="n", loop="l", goal=None, baseline="b")
    assert (row.q1, row.ratio, row.q3) == (2, 3, 4)


def test_a_row_survives_json():
    row = _row(1.25, 1.5)
    assert from_json(json.loads(json.dumps(as_json(row)))) == row
    written = document([row], rounds=3)
    assert written["schema"] == 1
    assert written["rows"][0]["met"] is True
    assert written["pythons"] == [row.python]


def test_the_command_prints_the_sections_that_were_asked_for(capsys):
    assert main(["--only", "semaphore: uncontended asyncio", "--rounds", "1"]) == 0
    out = capsys.readouterr().out
    assert "WeightedSemaphore" in out
    assert "create_task" not in out
    assert "of 1 goals met" in out
