"""What a process knows of its tasks, over several loops and their ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import time
from types import CodeType, FrameType
from typing import TYPE_CHECKING

import pytest

from _virtual import virtual
from snowshed.observe._registry import _registry
from snowshed.observe._registry._origin import Origin
from snowshed.observe._registry._registry import Registry

if TYPE_CHECKING:
    from snowshed.observe._registry._table import SiteTable


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def by_frame(frame: FrameType | None, coro: object, loop: object) -> Origin:
    return (
        Origin("user", None, -1) if frame is None else Origin("user", frame.f_code, frame.f_lasti)
    )


def registry(clock: Clock | None = None) -> Registry:
    return Registry(by_frame, clock or Clock())


def spawn(table: SiteTable, coro: object) -> asyncio.Task[object]:
    """Make a task as a factory does, for the line that calls this."""
    task: asyncio.Task[object] = asyncio.Task(coro)  # type: ignore[arg-type]
    table.made += 1
    asking = sys._getframe(1)
    table.note(task, coro, asking, asking)
    return task


async def noop() -> None:
    """End at once."""


async def waits() -> None:
    await asyncio.sleep(1000)


async def fails() -> None:
    raise LookupError


@virtual
async def test_a_line_is_one_site_whatever_it_makes() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    for coro in (noop(), waits()):
        last = spawn(table, coro)
    await asyncio.sleep(0)
    table.look()
    [row] = known.statistics()
    assert (row.created, row.live, row.done, row.owner) == (2, 1, 1, "user")
    assert row.created_at.file == __file__
    last.cancel()


@virtual
async def test_counts_are_right_before_anybody_has_looked() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    tasks = [spawn(table, waits()) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    [row] = known.statistics()
    assert (row.created, row.live, row.done) == (5, 4, 1)
    for task in tasks:
        task.cancel()


@virtual
async def test_the_line_with_most_live_tasks_comes_first() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    one = [spawn(table, waits()) for _ in range(1)]
    three = [spawn(table, waits()) for _ in range(3)]
    assert [row.live for row in known.statistics()] == [3, 1]
    for task in one + three:
        task.cancel()


@virtual
async def test_an_old_task_is_known_with_its_line_and_birth() -> None:
    clock = Clock()
    known = registry(clock)
    table = known.table(asyncio.get_running_loop())
    task = spawn(table, waits())
    assert known.known(task) is None
    assert [site for site, _ in known.young()] == [row_site(table)]
    clock.now = 100.2
    table.look()
    found = known.known(task)
    assert found is not None
    assert found.site is row_site(table)
    assert found.born == pytest.approx(100.1)
    assert list(known.young()) == []
    task.cancel()


def row_site(table: SiteTable) -> object:
    [live] = table.lives()
    return live.site


@virtual
async def test_how_an_old_task_ends_is_history_and_how_long_it_lived() -> None:
    clock = Clock()
    known = registry(clock)
    table = known.table(asyncio.get_running_loop())
    task = spawn(table, waits())
    await asyncio.sleep(0)
    table.look()
    clock.now = 103.0
    task.cancel("enough")
    await asyncio.wait([task])
    await asyncio.sleep(0)
    [ended] = known.history.last()
    assert (ended.reason, ended.lived) == ("cancelled", 3.0)
    assert ended.detail.startswith("enough at ")
    assert [row.live for row in known.statistics()] == [0]


def test_totals_survive_their_loop() -> None:
    known = registry()

    async def main() -> None:
        table = known.table(asyncio.get_running_loop())
        await asyncio.gather(*[spawn(table, noop()) for _ in range(7)])
        table.stop()

    asyncio.run(main())
    gc.collect()
    assert known.tables() == []
    [row] = known.statistics()
    assert (row.created, row.live, row.done, row.peak) == (7, 0, 7, 7)


def test_a_loop_that_begins_in_another_thread_does_not_disturb_a_look() -> None:
    class Loop(asyncio.AbstractEventLoop):
        pass

    known = registry()
    loops = [Loop() for _ in range(1000)]
    kept = [known.table(loop) for loop in loops]
    stop = threading.Event()

    def begins() -> None:
        while not stop.is_set():
            known.table(loops[0])

    thread = threading.Thread(target=begins)
    thread.start()
    try:
        for _ in range(200):
            assert len(known.tables()) >= len(kept)
    finally:
        stop.set()
        thread.join()


def test_what_was_made_is_not_forgotten_with_a_loop_whose_tasks_never_ended() -> None:
    known = registry()
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    table = known.table(loop)

    async def main(table: SiteTable) -> None:
        for _ in range(5):
            spawn(table, waits())
        await asyncio.sleep(0)

    loop.run_until_complete(main(table))
    table.stop()
    [row] = known.statistics()
    assert (row.created, row.live, row.done) == (5, 5, 0)
    loop.close()
    del loop, table
    gc.collect()
    [row] = known.statistics()
    assert (row.created, row.live, row.done) == (5, 0, 5)


@virtual
async def test_lines_beyond_the_bound_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_registry, "SITES_AT_MOST", 1)
    known = registry()
    first, second, third = (compile("0", name, "exec") for name in ("a.py", "b.py", "c.py"))

    def names(*codes: CodeType) -> list[str]:
        return [known.site_of(Origin("user", code, -1)).created_at.file for code in codes]

    assert names(first, second, third, first) == ["a.py", "", "", "a.py"]


@virtual
async def test_a_tick_has_the_loop_look(monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    task = spawn(table, waits())
    known.tick(0.0)
    await asyncio.sleep(0)
    assert known.known(task) is not None
    task.cancel()


@virtual
async def test_a_loop_that_asks_for_the_newest_looks_at_once() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    task = spawn(table, waits())
    known.refresh(1000.0)
    assert known.known(task) is not None
    task.cancel()


def test_another_thread_waits_until_the_loop_has_looked_and_no_longer() -> None:
    known = Registry(by_frame, time.monotonic)

    async def main() -> bool:
        table = known.table(asyncio.get_running_loop())
        task = spawn(table, waits())
        await asyncio.to_thread(known.refresh, 1000.0)
        task.cancel()
        return known.known(task) is not None

    assert asyncio.run(main())


def test_nobody_waits_longer_than_patience_for_a_loop_that_does_not_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    known = registry(clock)
    loop = asyncio.new_event_loop()
    table = known.table(loop)

    async def main() -> None:
        await spawn(table, noop())

    def rest(seconds: float) -> None:
        clock.now += seconds

    loop.run_until_complete(main())
    monkeypatch.setattr(_registry.time, "sleep", rest)
    known.refresh(0.05)
    assert 100.05 <= clock.now < 100.06
    # What a closed loop was asked it will never do.
    loop.close()
    known.refresh(0.05)
    assert clock.now < 100.06


def test_the_tasks_of_all_loops_add_up() -> None:
    known = registry()
    loops = [asyncio.new_event_loop() for _ in range(2)]
    tables = [known.table(loop) for loop in loops]

    async def main(table: SiteTable) -> None:
        await spawn(table, noop())

    for loop, table in zip(loops, tables, strict=True):
        loop.run_until_complete(main(table))
        loop.close()
    assert [row.created for row in known.statistics()] == [2]


def test_the_child_of_a_fork_need_not_wait_for_threads_that_it_does_not_have() -> None:
    known = registry()
    site = known.site_of(Origin("user", noop.__code__, -1))
    site._lock.acquire()
    known.after_fork()
    site.fold(1, 1)
    assert site.created == 1


@virtual
async def test_the_child_of_a_fork_knows_nothing_of_what_its_parent_did() -> None:
    known = registry()
    loop = asyncio.get_running_loop()
    table = known.table(loop)
    failed = spawn(table, fails())
    tasks = [failed, spawn(table, waits())]
    table.look()
    await asyncio.wait([failed])
    await asyncio.sleep(0)
    known.site_of(Origin("user", noop.__code__, -1)).fold(7, 3)
    assert known.statistics()
    assert known._suspects
    known.after_fork()
    assert (known.statistics(), known.history.last(), len(known._suspects)) == ((), (), 0)
    spawn(table, noop())
    known.tick(0.0)  # would wake the loop of the parent
    assert not table.asked
    table.begin()  # a loop that runs in the child
    assert sum(row.live for row in known.statistics()) == 2
    failed.exception()
    tasks[1].cancel()


@virtual
async def test_without_new_tasks_a_tick_does_not_wake_the_loop() -> None:
    loop = asyncio.get_running_loop()
    known = registry()
    known.table(loop)
    known.tick(0.0)
    assert not loop._ready  # type: ignore[attr-defined]


class Hostile(asyncio.Task[object]):
    """A task of somebody's own class that answers no question."""

    def refuse(self, *_: object, **__: object) -> object:
        raise RuntimeError("not now")

    get_name = get_coro = __repr__ = refuse  # type: ignore[assignment]


@virtual
async def test_a_task_that_answers_nothing_is_noted_like_another() -> None:
    known = registry()
    table = known.table(asyncio.get_running_loop())
    tasks: list[asyncio.Task[object]] = []
    for coro in (noop(), waits(), fails()):
        tasks.append(Hostile(coro))
        table.made += 1
        here = sys._getframe()
        table.note(tasks[-1], coro, here, here)
    table.look()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not known.off
    assert [row.live for row in known.statistics()] == [1]
    assert [each.reason for each in known.history.last()] == ["failed", "returned"]
    known.never_retrieved(tasks[2])
    assert known.statistics()[0].unretrieved == 1
    tasks[2].exception()
    tasks[1].cancel()


@virtual
async def test_a_failure_of_ours_is_logged_once_and_tasks_are_made(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> Origin:
        raise ZeroDivisionError

    known = Registry(broken, Clock())
    table = known.table(asyncio.get_running_loop())
    with caplog.at_level(logging.ERROR, logger="snowshed.observe"):
        await asyncio.gather(*[spawn(table, noop()) for _ in range(3)])
    assert len(caplog.records) == 1
    assert known.off


def test_a_loop_that_is_closed_is_left_alone() -> None:
    known = registry()
    loop = asyncio.new_event_loop()
    table = known.table(loop)

    async def main() -> asyncio.Task[object]:
        return spawn(table, waits())

    task = loop.run_until_complete(main())
    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))
    loop.close()
    known.tick(0.0)
    assert known.statistics()[0].live == 0
