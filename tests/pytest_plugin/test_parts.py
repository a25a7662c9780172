"""What the plugin decides and says, without a run of pytest."""

from __future__ import annotations

import asyncio
import gc
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _virtual import virtual
from snowshed._pytest_plugin._blocking import blocked_for
from snowshed._pytest_plugin._findings import (
    Call,
    Finding,
    Place,
    blocked,
    flooded,
    given_name,
    report,
    user_place,
)
from snowshed._pytest_plugin._flood import Flood
from snowshed._pytest_plugin._ignored import is_ignored
from snowshed._pytest_plugin._loop import TRIES, pauses
from snowshed._pytest_plugin._watch import Site, Sites

ROOT = Path(__file__).parents[2]
HERE = compile("def here(): pass", str(Path(__file__)), "exec")


class Thing:
    pass


@given(st.floats(0, 1e6))
def test_the_pauses_grow_and_add_up_to_the_grace(grace: float) -> None:
    found = pauses(grace)
    assert len(found) == TRIES
    assert found == sorted(found)
    assert math.isclose(sum(found), grace, abs_tol=1e-9)


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 10))
def test_a_block_is_never_longer_than_what_passed(
    elapsed: float, starved: float, seen: float
) -> None:
    assert 0 <= blocked_for(elapsed, starved, seen) <= elapsed
    assert 0 <= blocked_for(elapsed, None, seen) <= min(elapsed, seen)


def test_time_without_a_processor_is_not_blocked() -> None:
    assert blocked_for(0.5, 0.4, 0.5) == pytest.approx(0.1)
    assert blocked_for(0.5, 0.6, 0.5) == 0


@pytest.mark.parametrize(
    ("name", "ignored"),
    [("shop.db", True), ("shop.db.pool", True), ("shop.dbtools", False), ("shop", False)],
)
def test_a_name_stands_for_all_below_it(name: str, ignored: bool) -> None:
    assert is_ignored(["other", "shop.db"], ["main", name]) is ignored
    assert not is_ignored([], [name])


def test_only_names_that_somebody_gave_are_shown() -> None:
    assert given_name("refresh-cache") == "refresh-cache"
    assert not given_name("Task-12")
    assert not given_name("None")
    assert not given_name("Thread-3")
    assert not given_name("Thread-3 (run)")


def test_sites_are_forgotten_with_what_was_made_there() -> None:
    sites: Sites[Thing] = Sites()
    kept, gone = Thing(), Thing()
    sites.add(kept, Site(HERE, 4))
    sites.add(gone, None)
    assert list(sites) == [kept, gone]
    assert sites.of(kept) == (HERE, 4)
    del gone
    gc.collect()
    assert list(sites) == [kept]
    assert Thing() not in sites
    sites.forget(kept)
    assert list(sites) == []


def test_the_line_of_the_project_is_named_not_that_of_the_library_below() -> None:
    library = compile("pass", str(ROOT / ".venv" / "site-packages" / "db.py"), "exec")
    outside = compile("pass", "/elsewhere/db.py", "exec")
    stack = [Call(library, 7, "db"), Call(outside, 8, "db"), Call(HERE, 2, "here")]
    place = user_place(stack, ROOT)
    assert place is not None
    assert str(place) == "tests/pytest_plugin/test_parts.py:2"
    assert str(user_place(stack[1:2], ROOT)) == "/elsewhere/db.py:8"
    assert user_place([Call(outside, 1, "threading")], ROOT) is None


def test_more_kinds_are_more_paragraphs_and_too_many_entries_are_counted() -> None:
    place = Place("shop.py", 7, "work()")
    tasks = [Finding("task", "", f"f{number}()", place, None) for number in range(12)]
    thread = Finding("thread", "pump", "run()", None, place)
    lines = report("test_it", [*tasks, thread]).splitlines()
    assert lines[0] == "test_it ended with 12 tasks still running:"
    assert "  and 2 more" in lines
    assert lines[-5:] == [
        "test_it ended with 1 thread still running:",
        "  pump  run()",
        "    created at a line that is not known",
        "    running at shop.py:7",
        "  Join it before the test ends, or mark the test allow_task_leaks.",
    ]


def test_limits_are_told_with_what_was_seen_and_what_is_allowed() -> None:
    assert flooded("t", 1, 0, [(None, 1)]).startswith("t had 1 task alive at once; max_tasks all")
    assert "for 212 ms; no_blocking allows 50 ms:" in blocked("t", 0.2123, 50, None)


@virtual
async def test_the_peak_is_exact_where_it_decides() -> None:
    """Tasks that have ended but whose callbacks have not run do not count against the limit."""
    flood, site = Flood(3), Site(HERE, 0)

    def make() -> asyncio.Task[None]:
        flood.begin(site)
        task = asyncio.create_task(asyncio.sleep(0))
        flood.made(task, site)
        return task

    for _ in range(3):
        first = [make() for _ in range(3)]
        await asyncio.sleep(0)
        while not all(task.done() for task in first):
            await asyncio.sleep(0)
        # Ended in this very turn: a loop that makes the next ones now makes no flood.
    assert flood.peak == 3
    last = [make() for _ in range(4)]
    assert flood.peak == 4
    await asyncio.wait(last)
    assert flood.busiest() == [(site, 4)]


def test_a_task_that_was_never_made_is_taken_back() -> None:
    flood = Flood(3)
    flood.begin(None)
    flood.failed(None)
    flood.begin(None)
    assert flood.peak == 1
