"""The tasks of one line, as weak references, with counts that come out at the close."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from weakref import ref

from _virtual import virtual
from snowshed.model import Frame
from snowshed.observe._registry import _live
from snowshed.observe._registry._live import FIRST_MARK, NEVER, LiveTasks, OldTask, lives
from snowshed.observe._registry._site import Site

if TYPE_CHECKING:
    import pytest


def live_tasks() -> LiveTasks:
    return LiveTasks(Site(Frame("buy", "shop.py", 7), "user"))


async def noop() -> None:
    """End at once."""


def start(live: LiveTasks, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(noop()) for _ in range(count)]
    live.young.extend(map(ref, tasks))
    return tasks


@virtual
async def test_at_the_close_each_counts_as_many_as_it_stands_for() -> None:
    live = live_tasks()
    tasks = start(live, 3)
    remaining = live.close(2.0)
    assert [each() for each in remaining] == tasks
    assert (live.created, live.closing, live.old) == (6.0, 6.0, 0.0)
    live.grow_old(2.0)
    assert (live.closing, live.old) == (4.0, 2.0)
    assert live.young == []
    assert live.noted == 0


@virtual
async def test_a_burst_that_has_ended_before_anybody_looked_still_was_the_peak() -> None:
    live = live_tasks()
    await asyncio.gather(*start(live, 20))
    assert live.close(1.0) == []
    assert (live.created, live.peak) == (20.0, 20.0)


@virtual
async def test_those_that_have_grown_old_are_part_of_a_peak_and_each_peak_is_told_once() -> None:
    live = live_tasks()
    old = start(live, 3)
    live.close(1.0)
    for _ in old:
        live.grow_old(1.0)
    young = start(live, 2)
    live.close(1.0)
    assert live.peak == 5.0
    live.fold()
    live.closing = 0.0
    live.close(1.0)
    assert (live.site.peak, live.peak) == (5.0, 3.0)
    await asyncio.gather(*old, *young)


@virtual
async def test_one_after_the_other_is_no_peak() -> None:
    live = live_tasks()
    for _ in range(4 * FIRST_MARK):
        if len(live.young) >= live.mark:
            live.sweep()
        await start(live, 1)[0]
    live.close(1.0)
    assert live.created == 4 * FIRST_MARK
    # The first look cannot tell a burst from a row; after it, they are told apart.
    assert live.peak <= FIRST_MARK


@virtual
async def test_the_mark_rises_with_what_lives_and_falls_when_it_has_ended() -> None:
    live = live_tasks()
    tasks = start(live, 100)
    live.sweep()
    assert live.mark == 200
    await asyncio.gather(*tasks)
    live.sweep()
    assert live.mark == FIRST_MARK
    assert live.noted == 100


@virtual
async def test_no_task_is_kept_alive() -> None:
    live = live_tasks()
    start(live, 5)
    await asyncio.sleep(0)
    assert [each() for each in live.young] == [None] * 5


@virtual
async def test_the_totals_are_handed_over_and_what_lives_still_counts_here() -> None:
    live = live_tasks()
    tasks = start(live, 3)
    live.close(1.0)
    for _ in tasks[:2]:
        live.grow_old(1.0)
    live.closing -= 1.0  # the third was seen to have ended
    live.fold()
    assert (live.site.created, live.site.peak) == (3.0, 3.0)
    assert live.totals() == (0.0, 2.0)
    live.fold()
    assert live.site.created == 3.0


def interrupt(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """Do ``action`` once, in the midst of the next look, as a finalizer or another thread may."""
    pending = [action]

    def interrupted(task: asyncio.Task[object] | None) -> bool:
        while pending:
            pending.pop()()
        return lives(task)

    monkeypatch.setattr(_live, "lives", interrupted)


@virtual
async def test_tasks_that_a_finalizer_makes_during_a_look_are_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = live_tasks()
    tasks = start(live, 3)
    appended_to = live.young
    interrupt(monkeypatch, lambda: tasks.extend(start(live, FIRST_MARK)))
    live.sweep()
    # The factory had taken the list in hand before the look began.
    appended_to.append(ref(tasks[0]))
    assert (live.noted, len(live.young)) == (FIRST_MARK + 4, FIRST_MARK + 4)


@virtual
async def test_a_look_is_not_begun_within_another(monkeypatch: pytest.MonkeyPatch) -> None:
    live = live_tasks()
    tasks = start(live, 3)
    marks: list[int] = []
    interrupt(monkeypatch, lambda: marks.append(live.mark))
    live.sweep()
    assert marks == [NEVER]
    assert live.mark == FIRST_MARK
    await asyncio.gather(*tasks)


@virtual
async def test_an_interval_that_is_closed_while_another_thread_counts_is_not_counted_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = live_tasks()
    tasks = start(live, 10)
    original = _live._alive_in
    pending = [lambda: live.close(1.0)]

    def interrupted(young: list[ref[asyncio.Task[Any]]]) -> Iterable[bool]:
        while pending:
            pending.pop()()
        return original(young)

    monkeypatch.setattr(_live, "_alive_in", interrupted)
    assert live.totals() == (10.0, 10.0)
    assert live.closing == 10.0
    await asyncio.gather(*tasks)


@virtual
async def test_the_young_are_told_from_others() -> None:
    live = live_tasks()
    [task] = start(live, 1)
    other = asyncio.create_task(noop())
    assert live.has_young(task)
    assert not live.has_young(other)
    await asyncio.gather(task, other)


@virtual
async def test_an_old_one_that_ends_is_taken_off_with_its_weight() -> None:
    live = live_tasks()
    [task] = start(live, 1)
    live.close(8.0)
    live.grow_old(8.0)
    old = OldTask(task)
    old.live, old.weight = live, 8.0
    old.end()
    assert live.old == 0.0


@virtual
async def test_only_what_is_there_and_has_not_ended_lives() -> None:
    task = asyncio.create_task(noop())
    assert lives(task)
    await task
    assert not lives(task)
    assert not lives(None)
