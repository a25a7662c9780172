"""Scopes, pools and channels can be found as long as they are there."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading

from _collected import at_each_allocation
from _virtual import virtual
from snowshed.core import WorkerPool, open_channel, open_scope
from snowshed.core._census import _AT_ONCE, Census, channels, live_in, open_scopes, pools


@virtual
async def test_a_scope_is_open_from_when_it_is_entered_until_it_is_left() -> None:
    scope = open_scope("checkout")
    assert scope not in open_scopes()
    async with scope:
        assert scope in open_scopes()
        async with open_scope("inner") as inner:
            assert inner in open_scopes()
    assert scope not in open_scopes()


@virtual
async def test_a_pool_and_a_channel_are_there_while_somebody_has_them() -> None:
    async def job() -> None: ...

    pool = WorkerPool(job, max_workers=1, queue_size=0, name="here")
    send, receive = open_channel[int](3, name="here")
    assert pool in pools.all()
    assert [each.name for each in channels.all() if each.name == "here"] == ["here"]
    await pool.aclose()
    del pool, send, receive
    gc.collect()
    assert not any(each._crew.name == "here" for each in pools.all())
    assert not any(each.name == "here" for each in channels.all())


def test_others_may_come_and_go_while_somebody_looks() -> None:
    class One:
        pass

    census: Census[One] = Census()
    kept = [One() for _ in range(1000)]
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            census.enter(One())

    for one in kept:
        census.enter(one)
    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(200):
            assert len(census.all()) >= 1000
    finally:
        stop.set()
        thread.join()


class Thing:
    """In a reference cycle, as a loop is that was closed."""

    def __init__(self) -> None:
        self.itself = self


def test_the_garbage_collector_may_come_and_take_some_while_somebody_looks() -> None:
    census: Census[Thing] = Census()
    kept = [Thing() for _ in range(50)]
    for thing in kept:
        census.enter(thing)

    def look() -> None:
        assert len(census.all()) >= len(kept)

    at_each_allocation(look, lambda: census.enter(Thing()))


@virtual
async def test_what_has_ended_does_not_count() -> None:
    tasks = [asyncio.create_task(asyncio.sleep(number % 2)) for number in range(2 * _AT_ONCE + 1)]
    await asyncio.sleep(0.5)
    assert live_in(tasks) == _AT_ONCE
    assert live_in([]) == 0
    await asyncio.wait(tasks)
    assert live_in(tasks) == 0


class _Result:
    def __init__(self, dropped_by: list[int]) -> None:
        self._dropped_by = dropped_by

    def __del__(self) -> None:
        self._dropped_by.append(threading.get_ident())


def test_no_task_is_dropped_by_the_thread_that_counts() -> None:
    live: list[asyncio.Task[_Result]] = []
    dropped_by: list[int] = []
    stop = threading.Event()

    async def returns(result: _Result) -> _Result:
        await asyncio.sleep(0)
        return result

    def looks() -> None:
        while not stop.is_set():
            live_in(live)

    async def main() -> None:
        for _ in range(200):
            live.extend(asyncio.create_task(returns(_Result(dropped_by))) for _ in range(30))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            live.clear()
            await asyncio.sleep(0)

    thread = threading.Thread(target=looks)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        thread.start()
        asyncio.run(main())
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
    assert set(dropped_by) == {threading.get_ident()}
    assert len(dropped_by) == 200 * 30
