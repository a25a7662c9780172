from __future__ import annotations

import asyncio
import gc
import weakref

from snowshed.core import WeightedSemaphore
from snowshed.observe._snapshot._sharing import Sharing, holding


def test_a_resource_is_described_once_and_those_who_wait_are_counted() -> None:
    sharing = Sharing()
    lock = asyncio.Lock()
    entries = {sharing.entry(lock) for _ in range(1000)}
    (entry,) = entries
    assert entry.seen == 1000
    assert entry.resource() is entry.resource()
    assert entry.resource().waiters == 1000


def test_two_resources_have_two_numbers() -> None:
    sharing = Sharing()
    first, second = asyncio.Lock(), asyncio.Lock()
    assert sharing.entry(first).resource().id != sharing.entry(second).resource().id


def test_what_counts_more_waiters_than_were_seen_is_believed() -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        await lock.acquire()
        waiting = [asyncio.create_task(lock.acquire()) for _ in range(5)]
        await asyncio.sleep(0)
        assert Sharing().entry(lock).resource().waiters == 5
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)

    asyncio.run(main())


def test_a_resource_is_not_kept_alive() -> None:
    sharing = Sharing()
    lock = asyncio.Lock()
    reference = weakref.ref(lock)
    sharing.entry(lock)
    del lock
    gc.collect()
    assert reference() is None


def test_what_comes_to_the_address_of_another_is_another() -> None:
    sharing = Sharing()
    lock = asyncio.Lock()
    first = sharing.entry(lock)
    first._held = lambda: None  # as if it were gone, and the lock another one in its place
    second = sharing.entry(lock)
    assert second.number != first.number
    assert (first.seen, second.seen) == (1, 1)


def test_what_cannot_be_referred_to_weakly_is_held() -> None:
    semaphore = WeightedSemaphore(1)
    assert holding(semaphore)() is semaphore


def test_holders_are_told_by_number() -> None:
    sharing = Sharing()
    assert dict(sharing.holders()) == {}
    entry = sharing.entry(asyncio.Lock())
    entry.holders = (1, 2)
    assert dict(sharing.holders()) == {entry.number: (1, 2)}
