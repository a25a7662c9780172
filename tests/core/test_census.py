"""Scopes, pools and channels can be found as long as they are there."""

from __future__ import annotations

import gc
import threading

from _virtual import virtual
from snowshed.core import WorkerPool, open_channel, open_scope
from snowshed.core._census import Census, channels, open_scopes, pools


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
