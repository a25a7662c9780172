"""The six rules of a weighted semaphore, and what it says of itself."""

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


def test_a_free_permit_is_had_without_yielding_to_the_loop():
    async def main():
        semaphore = WeightedSemaphore(2)
        passes = []
        asyncio.get_running_loop().call_soon(passes.append, 1)
        async with semaphore:
            await semaphore.acquire()
        assert not passes

    run_virtual(main())


def test_at_most_size_permits_are_out():
    async def main():
        semaphore = WeightedSemaphore(3)
        inside = peak = 0

        async def use(n):
            nonlocal inside, peak
            await semaphore.acquire(n)
            inside += n
            peak = max(peak, inside)
            await asyncio.sleep(1)
            inside -= n
            semaphore.release(n)

        await asyncio.gather(*(use(n) for n in (1, 2, 3, 1, 1, 2)))
        assert peak == 3
        assert semaphore.statistics() == SemaphoreStatistics(size=3, held=0, waiting=0, parked=0)

    run_virtual(main())


def test_the_block_gives_its_permit_back_when_it_fails():
    async def main():
        semaphore = WeightedSemaphore(1)
        with pytest.raises(LookupError):
            async with semaphore:
                raise LookupError
        assert semaphore.available == 1

    run_virtual(main())


def test_a_full_semaphore_makes_the_block_wait():
    async def main():
        semaphore = WeightedSemaphore(1)
        started = asyncio.get_running_loop().time()

        async def use():
            async with semaphore:
                await asyncio.sleep(10)

        await asyncio.gather(use(), use(), use())
        assert asyncio.get_running_loop().time() - started == 30

    run_virtual(main())


def test_permits_are_given_in_order_of_arrival():
    async def main():
        semaphore = WeightedSemaphore(1)
        order = []

        async def use(who):
            async with semaphore:
                order.append(who)
                await asyncio.sleep(1)

        await asyncio.gather(*(use(who) for who in range(5)))
        assert order == [0, 1, 2, 3, 4]

    run_virtual(main())


def test_nowait_does_not_pass_those_who_wait():
    async def main():
        semaphore = WeightedSemaphore(2)
        semaphore.acquire_nowait()
        large = await start_acquire(semaphore, 2)
        assert semaphore.available == 1
        with pytest.raises(WouldBlock, match="1 of 2 held, 1 waiting, 1 wanted"):
            semaphore.acquire_nowait()
        semaphore.release()
        await large

    run_virtual(main())


def test_a_newcomer_does_not_pass_a_large_one_that_waits():
    async def main():
        semaphore = WeightedSemaphore(2)
        await semaphore.acquire()
        large = await start_acquire(semaphore, 2)
        small = await start_acquire(semaphore, 1)
        assert not large.done()
        assert not small.done()
        semaphore.release()
        await large
        assert not small.done()
        semaphore.release(2)
        await small

    run_virtual(main())


def test_the_block_does_not_pass_a_large_one_that_waits():
    async def main():
        semaphore = WeightedSemaphore(2)
        await semaphore.acquire()
        large = await start_acquire(semaphore, 2)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1), semaphore:
                pass
        semaphore.release()
        await large

    run_virtual(main())


def test_a_cancelled_first_wakes_those_behind_it():
    async def main():
        semaphore = WeightedSemaphore(3)
        await semaphore.acquire(2)
        large = await start_acquire(semaphore, 3)
        small = await start_acquire(semaphore, 1)
        large.cancel()
        await small
        assert semaphore.statistics().held == 3

    run_virtual(main())


def test_a_turn_given_to_a_cancelled_caller_goes_to_the_next():
    async def main():
        semaphore = WeightedSemaphore(1)
        await semaphore.acquire()
        first = await start_acquire(semaphore)
        second = await start_acquire(semaphore)
        semaphore.release()  # first has its turn, but has not run
        first.cancel()
        await second
        assert first.cancelled()
        semaphore.release()
        assert semaphore.available == 1

    run_virtual(main())


def test_nowait_sees_through_waiters_that_were_cancelled_but_have_not_run():
    async def main():
        semaphore = WeightedSemaphore(2)
        await semaphore.acquire()
        large = await start_acquire(semaphore, 2)
        large.cancel()
        semaphore.acquire_nowait()
        await asyncio.gather(large, return_exceptions=True)
        assert semaphore.statistics() == SemaphoreStatistics(size=2, held=2, waiting=0, parked=0)

    run_virtual(main())


def test_waiting_sees_through_waiters_that_were_cancelled_but_have_not_run():
    async def main():
        semaphore = WeightedSemaphore(2)
        await semaphore.acquire()
        large = await start_acquire(semaphore, 2)
        large.cancel()
        async with asyncio.timeout(1):
            await semaphore.acquire()
        assert semaphore.available == 0

    run_virtual(main())


def test_a_timeout_takes_nothing():
    async def main():
        semaphore = WeightedSemaphore(1)
        await semaphore.acquire()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await semaphore.acquire()
        semaphore.release()
        assert semaphore.statistics() == SemaphoreStatistics(size=1, held=0, waiting=0, parked=0)

    run_virtual(main())


@pytest.mark.parametrize("n", [0, -1])
def test_amounts_below_one_are_refused(n):
    async def main():
        semaphore = WeightedSemaphore(3)
        await semaphore.acquire(2)
        with pytest.raises(ValueError, match=str(n)):
            await semaphore.acquire(n)
        with pytest.raises(ValueError, match=str(n)):
            semaphore.acquire_nowait(n)
        with pytest.raises(ValueError, match=str(n)):
            semaphore.release(n)
        assert semaphore.statistics().held == 2

    run_virtual(main())


def test_what_can_never_fit_is_refused_at_once():
    async def main():
        semaphore = WeightedSemaphore(3, name="db")
        with pytest.raises(ValueError, match=r"'db'.* 4 wanted.*never more than 3"):
            await semaphore.acquire(4)
        with pytest.raises(ValueError, match=r"'db'.* 4 wanted.*never more than 3"):
            semaphore.acquire_nowait(4)
        await semaphore.acquire(3)

    run_virtual(main())


def test_releasing_more_than_is_held_is_an_error():
    async def main():
        semaphore = WeightedSemaphore(3, name="db")
        await semaphore.acquire(1)
        with pytest.raises(ValueError, match="'db': 1 of 3 held, 0 waiting, 2 released"):
            semaphore.release(2)
        assert semaphore.statistics().held == 1

    run_virtual(main())


def test_repr_says_name_state_and_line():
    async def main():
        semaphore = WeightedSemaphore(4, name="db")
        await semaphore.acquire(3)
        waiters = [await start_acquire(semaphore, n) for n in (2, 4)]
        assert repr(semaphore) == "<WeightedSemaphore 'db': 3 of 4 held, 2 waiting>"
        semaphore.resize(3)
        assert repr(semaphore) == "<WeightedSemaphore 'db': 3 of 3 held, 2 waiting (1 parked)>"
        semaphore.resize(0)
        assert repr(semaphore) == "<WeightedSemaphore 'db': paused, 3 held, 2 waiting (2 parked)>"
        for waiter in waiters:
            waiter.cancel()

    run_virtual(main())


def test_repr_without_a_name():
    assert repr(WeightedSemaphore(4)) == "<WeightedSemaphore: 0 of 4 held, 0 waiting>"
