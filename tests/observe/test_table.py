"""Finding the line that makes a task, and noting fewer of them in a flood."""

from __future__ import annotations

import asyncio
import gc
from types import FrameType

import pytest

from _virtual import virtual
from observe.test_registry import Clock, noop, registry, spawn, waits
from snowshed.observe._registry._origin import Origin
from snowshed.observe._registry._registry import Registry
from snowshed.observe._registry._table import ALL_NOTED_UP_TO, AT_ONCE, SKIP, SiteTable


@virtual
async def test_an_address_is_judged_once_if_it_tells_who_asked() -> None:
    judged = []

    def judge(frame: object, coro: object, loop: object) -> Origin:
        judged.append(frame)
        return Origin("user", frame.f_code, frame.f_lasti)  # type: ignore[attr-defined]

    known = Registry(judge, Clock())
    table = known.table(asyncio.get_running_loop())
    for _ in range(3):
        await spawn(table, noop())
    assert len(judged) == 1
    assert known.statistics()[0].created == 3


@virtual
async def test_an_address_that_only_passes_on_leads_to_the_line_above_it_judged_once() -> None:
    judged = []

    def judge(frame: FrameType | None, coro: object, loop: object) -> Origin:
        judged.append(frame)
        assert frame is not None
        above = frame.f_back
        assert above is not None
        return Origin("user", above.f_code, above.f_lasti)

    known = Registry(judge, Clock())
    table = known.table(asyncio.get_running_loop())

    def passes_on() -> asyncio.Task[object]:
        return spawn(table, noop())

    for _ in range(3):
        await passes_on()
        await passes_on()
    assert len(judged) == 2
    assert [row.created for row in known.statistics()] == [3, 3]


@virtual
async def test_where_no_line_asked_each_task_is_judged() -> None:
    judged = []

    def judge(frame: object, coro: object, loop: object) -> Origin:
        judged.append(frame)
        return Origin("user", noop.__code__ if len(judged) % 2 else waits.__code__, -1)

    known = Registry(judge, Clock())
    table = known.table(asyncio.get_running_loop())
    for _ in range(4):
        await spawn(table, noop())
    assert len(judged) == 4
    assert [row.created for row in known.statistics()] == [2, 2]


@virtual
async def test_a_flood_is_noted_in_part_and_counted_in_full() -> None:
    clock = Clock()
    known = registry(clock)
    table = known.table(asyncio.get_running_loop())
    clock.now += 1.0
    table.made += 2 * ALL_NOTED_UP_TO
    await spawn(table, noop())
    table.look()
    assert table.skip == SKIP
    clock.now += 1.0
    tasks = []
    for number in range(800):
        if number & SKIP:
            table.made += 1
        else:
            tasks.append(spawn(table, waits()))
    table.look()
    rows = {row.live: row for row in known.statistics()}
    assert rows[800].created == 800
    # One that was not noted runs the same function, and so comes from the same line.
    another = asyncio.create_task(waits())
    noted = known.known(tasks[0])
    assert noted is not None
    assert known.unnoted(another, known.last_flood()) == (noted.site, clock.now)
    another.cancel()
    # As few are made now, each is noted again.
    assert table.skip == 0
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await asyncio.sleep(0)
    assert sum(row.live for row in known.statistics()) == 0


@virtual
async def test_what_a_flood_leaves_unnoted_at_its_end_is_counted_with_what_comes_next() -> None:
    clock = Clock()
    known = registry(clock)
    table = known.table(asyncio.get_running_loop())
    table.made += 3  # none of which was noted
    clock.now += 1.0
    table.look()
    await spawn(table, noop())
    table.look()
    assert known.statistics()[0].created == 4


@virtual
async def test_a_factory_that_comes_during_a_flood_is_told() -> None:
    table = registry().table(asyncio.get_running_loop())
    told: list[int] = []
    table._note_all_but(SKIP)
    table.count_by(lambda: 0, told.append)
    table._note_all_but(0)
    assert told == [SKIP, 0]


@virtual
async def test_a_loop_too_busy_to_look_is_told_to_note_fewer() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    tasks = [spawn(table, noop()) for _ in range(3000)]
    table.ask_to_look()
    assert table.skip == SKIP
    await asyncio.gather(*tasks)


@virtual
async def test_many_tasks_grow_old_a_few_at_a_time() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    tasks = [spawn(table, waits()) for _ in range(2 * AT_ONCE + 1)]
    table.look()
    assert len(table.old) == AT_ONCE
    assert known.statistics()[0].live == 2 * AT_ONCE + 1
    for expected in (2 * AT_ONCE, 2 * AT_ONCE + 1):
        await asyncio.sleep(0)
        assert len(table.old) == expected
    assert known.statistics()[0].live == 2 * AT_ONCE + 1
    for task in tasks:
        task.cancel()


@virtual
async def test_those_that_end_before_it_is_their_turn_to_grow_old_are_counted_off() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    tasks = [spawn(table, waits()) for _ in range(2 * AT_ONCE)]
    table.look()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for _ in range(3):
        await asyncio.sleep(0)
    [live] = table.lives()
    assert (live.old, live.closing, len(table.old)) == (0.0, 0.0, 0)


@virtual
async def test_a_loop_that_was_asked_is_not_asked_again_before_it_has_looked() -> None:
    loop = asyncio.get_running_loop()
    table = registry().table(loop)
    task = spawn(table, noop())
    await task
    for _ in range(3):
        table.ask_to_look()
    assert len(loop._ready) == 1  # type: ignore[attr-defined]
    assert table.asked
    await asyncio.sleep(0)
    assert not table.asked


@virtual
async def test_an_old_task_that_is_thrown_away_while_it_waits_is_counted_off() -> None:
    known = registry()
    loop = asyncio.get_running_loop()
    table = known.table(loop)
    told = []
    loop.set_exception_handler(lambda _, context: told.append(context["message"]))

    async def forgotten() -> None:
        await loop.create_future()

    spawn(table, forgotten())
    await asyncio.sleep(0)
    table.look()
    assert len(table.old) == 1
    gc.collect()
    # Python has told its owner, which a strong reference of ours would have prevented.
    assert told == ["Task was destroyed but it is pending!"]
    # There is no other reason for the loop to look.
    table.ask_to_look()
    await asyncio.sleep(0)
    assert known.statistics()[0].live == 0
    assert table.old == {}
    loop.set_exception_handler(None)


@virtual
async def test_an_id_that_is_taken_again_counts_the_one_before_as_gone() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    first = spawn(table, waits())
    await asyncio.sleep(0)
    table.look()
    [old] = table.old.values()
    second = spawn(table, waits())
    table.old = {id(second): old}
    assert known.known(second) is None
    table.look()
    old.key = id(second)
    table._lost.append(old)
    table.look()
    assert known.statistics()[0].live == 1
    for task in (first, second):
        task.cancel()


@pytest.mark.parametrize("ends", [False, True])
def test_a_loop_that_stops_is_held_by_nobody(ends: bool) -> None:
    known = registry()
    loop = asyncio.new_event_loop()
    table = known.table(loop)

    async def main(table: SiteTable) -> None:
        task = spawn(table, waits())
        if ends:
            task.cancel()
        await asyncio.sleep(0)

    loop.set_exception_handler(lambda *_: None)
    loop.run_until_complete(main(table))
    table.stop()
    loop.close()
    del loop, table
    gc.collect()
    assert known.tables() == []
