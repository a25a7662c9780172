"""Failures that nobody asks for, by the line that made their tasks."""

from __future__ import annotations

import asyncio
import gc

import pytest

from _virtual import virtual
from observe.test_registry import fails, noop, registry, spawn
from snowshed.observe._registry import _registry
from snowshed.observe._registry._table import SKIP


@pytest.mark.parametrize("old", [False, True])
def test_a_failure_that_nobody_asked_for_is_counted_where_it_was_made(old: bool) -> None:
    known = registry()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: known.never_retrieved(context["future"]))
        table = known.table(loop)
        task = spawn(table, fails())
        if old:
            table.look()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
        gc.collect()
        table.stop()

    asyncio.run(main())
    [row] = known.statistics()
    assert row.unretrieved == 1
    assert [each.reason for each in known.history.last()] == ["failed"]


@virtual
async def test_a_task_that_was_never_seen_has_failed_elsewhere() -> None:
    known = registry()
    known.table(asyncio.get_running_loop())
    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    known.never_retrieved(task)
    task.exception()
    [row] = known.statistics()
    assert (row.created_at.function, row.created, row.unretrieved) == ("elsewhere", 0, 1)
    [ended] = known.history.last()
    assert (ended.created_at, ended.reason) == (row.created_at, "failed")


@virtual
async def test_a_failure_with_the_id_of_one_that_was_asked_for_is_counted_where_it_was_made() -> (
    None
):
    known = registry()
    table = known.table(asyncio.get_running_loop())
    first = spawn(table, fails())
    table.look()
    await asyncio.wait([first])
    await asyncio.sleep(0)
    first.exception()
    second = spawn(table, fails())
    await asyncio.wait([second])
    known._suspects[id(second)] = known._suspects.pop(id(first))
    known.never_retrieved(second)
    second.exception()
    rows = {row.created_at.line: row.unretrieved for row in known.statistics()}
    assert [rows[line] for line in sorted(rows)] == [0, 1]


@virtual
async def test_a_failure_in_a_flood_that_was_not_noted_is_of_the_only_line_of_its_function() -> (
    None
):
    known = registry()
    table = known.table(asyncio.get_running_loop())
    old = spawn(table, fails())
    table.look()
    await asyncio.wait([old])
    old.exception()
    unnoted = asyncio.create_task(fails())
    await asyncio.wait([unnoted])
    known.never_retrieved(unnoted)
    assert known.statistics()[0].unretrieved == 0  # there was no flood
    table._note_all_but(SKIP)
    known.never_retrieved(unnoted)
    unnoted.exception()
    assert known.statistics()[0].unretrieved == 1


@virtual
async def test_of_failures_that_somebody_may_still_ask_for_the_oldest_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_registry, "SUSPECTS_AT_MOST", 2)
    known = registry()
    table = known.table(asyncio.get_running_loop())
    tasks = [spawn(table, fails()) for _ in range(3)]
    table.look()
    await asyncio.wait(tasks)
    await asyncio.sleep(0)
    assert list(known._suspects) == [id(task) for task in tasks[1:]]
    assert not known.off
    for task in tasks:
        task.exception()


@virtual
async def test_one_that_has_returned_is_no_failure_that_somebody_may_ask_for() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    task = spawn(table, noop())
    table.look()
    await task
    await asyncio.sleep(0)
    assert len(known.history.last()) == 1
    assert not known._suspects
