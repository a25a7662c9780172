"""A semaphore can be resized: 0 pauses it, and what no longer fits is parked, not refused."""

from __future__ import annotations

import asyncio

import pytest

from snowshed.core._semaphore import SemaphoreStatistics, WeightedSemaphore
from snowshed.errors import WouldBlock
from snowshed.testing import run_virtual


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def start_acquire(semaphore, n=1):
    task = asyncio.create_task(semaphore.acquire(n))
    await settle()
    return task


def test_a_negative_size_is_refused():
    with pytest.raises(ValueError, match="-1"):
        WeightedSemaphore(-1)
    with pytest.raises(ValueError, match="-2"):
        WeightedSemaphore(1).resize(-2)


def test_growing_serves_the_line_in_order():
    async def main():
        semaphore = WeightedSemaphore(1)
        await semaphore.acquire()
        waiters = [await start_acquire(semaphore) for _ in range(3)]
        semaphore.resize(3)
        await settle()
        assert [waiter.done() for waiter in waiters] == [True, True, False]
        semaphore.release()
        await waiters[2]

    run_virtual(main())


def test_shrinking_revokes_nothing_and_gives_nothing_until_enough_is_back():
    async def main():
        semaphore = WeightedSemaphore(3)
        await semaphore.acquire(3)
        semaphore.resize(1)
        assert semaphore.statistics() == SemaphoreStatistics(size=1, held=3, waiting=0, parked=0)
        assert semaphore.available == 0
        waiter = await start_acquire(semaphore)
        semaphore.release(2)
        await settle()
        assert not waiter.done()
        semaphore.release()
        await waiter

    run_virtual(main())


def test_size_zero_pauses_everybody_until_it_grows():
    async def main():
        semaphore = WeightedSemaphore(2)
        semaphore.resize(0)
        with pytest.raises(WouldBlock, match="paused"):
            semaphore.acquire_nowait()
        waiters = [await start_acquire(semaphore, n) for n in (2, 1)]
        semaphore.resize(2)
        await waiters[0]
        assert not waiters[1].done()
        semaphore.release(2)
        await waiters[1]

    run_virtual(main())


def test_a_request_larger_than_the_size_of_now_waits_for_the_size_to_come_back():
    """A limit that adapts to load must not turn a correct request into an error."""

    async def main():
        semaphore = WeightedSemaphore(5)
        semaphore.resize(2)
        large = await start_acquire(semaphore, 5)
        assert semaphore.statistics() == SemaphoreStatistics(size=2, held=0, waiting=1, parked=1)
        semaphore.resize(5)
        await large

    run_virtual(main())


def test_a_parked_request_lets_those_pass_that_the_size_allows():
    async def main():
        semaphore = WeightedSemaphore(5)
        await semaphore.acquire(5)
        large = await start_acquire(semaphore, 4)
        semaphore.resize(2)
        semaphore.release(5)
        async with semaphore:
            assert not large.done()
        semaphore.resize(5)
        await large

    run_virtual(main())


def test_a_parked_request_keeps_its_place_by_arrival():
    async def main():
        semaphore = WeightedSemaphore(5)
        semaphore.resize(2)
        await semaphore.acquire(2)
        early = await start_acquire(semaphore, 1)
        large = await start_acquire(semaphore, 5)
        late = await start_acquire(semaphore, 1)
        semaphore.resize(5)
        semaphore.release(2)
        await early
        await settle()
        assert not large.done()
        assert not late.done()
        semaphore.release()
        await large
        assert not late.done()
        semaphore.release(5)
        await late

    run_virtual(main())


def test_a_cancelled_parked_request_is_gone():
    async def main():
        semaphore = WeightedSemaphore(5)
        semaphore.resize(2)
        large = await start_acquire(semaphore, 5)
        large.cancel()
        await settle()
        assert semaphore.statistics() == SemaphoreStatistics(size=2, held=0, waiting=0, parked=0)
        semaphore.resize(5)
        assert semaphore.available == 5

    run_virtual(main())


def test_one_that_was_paused_from_the_start_has_no_size_to_judge_by():
    async def main():
        semaphore = WeightedSemaphore(0)
        waiter = await start_acquire(semaphore, 100)
        semaphore.resize(100)
        await waiter

    run_virtual(main())


def test_a_resize_between_turn_and_cancellation_loses_nothing():
    async def main():
        semaphore = WeightedSemaphore(3)
        await semaphore.acquire(3)
        waiter = await start_acquire(semaphore, 3)
        semaphore.release(3)  # the waiter has its turn, but has not run
        semaphore.resize(1)
        waiter.cancel()
        await settle()
        assert semaphore.statistics() == SemaphoreStatistics(size=1, held=0, waiting=0, parked=0)

    run_virtual(main())
