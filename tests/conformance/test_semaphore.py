"""What every semaphore must survive: the bugs that others had, and hours of random use."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, invariant, precondition, rule

from _machine import LoopMachine
from snowshed.core._semaphore import WeightedSemaphore
from snowshed.errors import WouldBlock
from snowshed.testing import run_virtual


def test_a_cancelled_queued_acquire_leaks_no_permit():
    """hyx's bulkhead lost a permit for ever for each caller that was cancelled in its queue."""

    async def main():
        semaphore = WeightedSemaphore(2)
        await semaphore.acquire(2)
        queued = [asyncio.create_task(semaphore.acquire()) for _ in range(10)]
        await asyncio.sleep(1)
        for task in queued:
            task.cancel()
        await asyncio.gather(*queued, return_exceptions=True)
        semaphore.release(2)
        assert semaphore.available == 2

    run_virtual(main())


def test_a_caller_cancelled_at_the_moment_of_its_turn_leaks_no_permit():
    """asyncio.Semaphore hung so (python/cpython#90155)."""

    async def main():
        semaphore = WeightedSemaphore(1)
        await semaphore.acquire()
        queued = [asyncio.create_task(semaphore.acquire()) for _ in range(3)]
        await asyncio.sleep(1)
        semaphore.release()
        queued[0].cancel()
        queued[1].cancel()
        async with asyncio.timeout(1):
            await queued[2]

    run_virtual(main())


def test_a_big_waiter_is_not_starved_by_small_ones():
    """aiolimiter keeps waiters in a heap by amount: three loops of one starved an acquire(5)."""

    async def main():
        semaphore = WeightedSemaphore(5)

        async def small():
            while True:
                async with semaphore:
                    await asyncio.sleep(0.1)

        loops = [asyncio.create_task(small()) for _ in range(8)]
        await asyncio.sleep(1)
        async with asyncio.timeout(1):
            await semaphore.acquire(5)
        for task in loops:
            task.cancel()

    run_virtual(main())


def test_acquire_nowait_does_not_barge():
    """anyio's Semaphore.acquire_nowait takes what belongs to the first in line."""

    async def main():
        semaphore = WeightedSemaphore(1)
        await semaphore.acquire()
        queued = asyncio.create_task(semaphore.acquire())
        await asyncio.sleep(1)
        semaphore.release()
        with pytest.raises(WouldBlock):
            semaphore.acquire_nowait()
        await queued

    run_virtual(main())


def test_a_large_request_that_is_cancelled_frees_the_small_ones_behind_it():
    """golang/sync: a cancelled waiter at the front left those behind it asleep."""

    async def main():
        semaphore = WeightedSemaphore(2)
        await semaphore.acquire(1)
        large = asyncio.create_task(semaphore.acquire(2))
        small = asyncio.create_task(semaphore.acquire(1))
        await asyncio.sleep(1)
        large.cancel()
        async with asyncio.timeout(1):
            await small

    run_virtual(main())


@dataclass(eq=False)
class User:
    weight: int
    timeout: float | None
    gate: asyncio.Future
    task: asyncio.Task | None = None
    arrival: int | None = None
    state: str = "new"  # new -> waiting -> holding -> gone
    was_parked: bool = False
    waited: bool = False
    passed: int = 0


class SemaphoreMachine(LoopMachine):
    """Users that come, wait, give up, fail and leave while the size changes."""

    users = Bundle("users")
    LARGEST = 6

    def __init__(self):
        super().__init__()
        self.semaphore = WeightedSemaphore(self.LARGEST)
        self.arrivals = itertools.count()
        self.everybody = []
        self.taken = 0  # by acquire_nowait
        self.last_held = 0

    def in_state(self, state):
        return [user for user in self.everybody if user.state == state]

    def mark_parked(self):
        for user in self.in_state("waiting"):
            user.was_parked |= user.weight > self.semaphore.size

    async def use(self, user):
        user.arrival = next(self.arrivals)
        user.state = "waiting"
        self.mark_parked()
        self.loop.call_soon(setattr, user, "waited", True)
        try:
            async with asyncio.timeout(user.timeout):
                await self.semaphore.acquire(user.weight)
            user.state = "holding"
            user.passed = self.passed_by(user)
            try:
                await user.gate
            finally:
                self.semaphore.release(user.weight)
        finally:
            user.state = "gone"

    def passed_by(self, user):
        """Return those who came earlier and still wait, but for those that only a resize serves.

        One that did not wait may run before one whose turn has come and who has not run yet; then
        the semaphore has to say who is in line.
        """
        if not user.waited:
            now = self.semaphore.statistics()
            return now.waiting - now.parked
        earlier = [other for other in self.in_state("waiting") if other.arrival < user.arrival]
        return sum(not (other.was_parked or other.task.cancelling()) for other in earlier)

    @rule(
        target=users,
        weight=st.integers(1, LARGEST),
        timeout=st.none() | st.sampled_from([0, 0.5, 1, 2]),
    )
    def come(self, weight, timeout):
        user = User(weight, timeout, self.loop.create_future())
        self.everybody.append(user)
        user.task = self.start(self.use(user))
        return user

    @rule(user=users)
    def cancel(self, user):
        user.task.cancel()

    @rule(user=users, fails=st.booleans())
    def leave(self, user, fails):
        if not user.gate.done():
            user.gate.set_exception(LookupError()) if fails else user.gate.set_result(None)

    @rule(weight=st.integers(1, LARGEST))
    def take_at_once(self, weight):
        before = self.semaphore.statistics()
        with contextlib.suppress(WouldBlock):
            self.semaphore.acquire_nowait(weight)
            self.taken += weight
            assert before.waiting == before.parked

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def give_back(self, data):
        weight = data.draw(st.integers(1, self.taken))
        self.semaphore.release(weight)
        self.taken -= weight

    @rule(size=st.integers(0, LARGEST))
    def resize(self, size):
        self.semaphore.resize(size)
        self.mark_parked()

    @invariant()
    def never_more_than_size_is_given_out(self):
        held = self.semaphore.statistics().held
        assert held <= max(self.semaphore.size, self.last_held)
        self.last_held = held

    @invariant()
    def nobody_was_passed(self):
        assert not any(user.passed for user in self.everybody)

    @invariant()
    def nothing_is_held_by_nobody(self):
        held = sum(user.weight for user in self.in_state("holding")) + self.taken
        assert self.semaphore.statistics().held >= held

    @rule()
    def come_to_rest(self):
        """When nothing is left to run, the books agree, and the first in line does not fit."""
        self.settle()
        now = self.semaphore.statistics()
        waiting = self.in_state("waiting")
        assert now.held == sum(user.weight for user in self.in_state("holding")) + self.taken
        assert now.waiting == len(waiting)
        assert now.parked == sum(user.weight > now.size for user in waiting)
        first = next((user for user in waiting if user.weight <= now.size), None)
        assert first is None or first.weight > self.semaphore.available

    def end(self):
        self.semaphore.resize(self.LARGEST)
        if self.taken:
            self.semaphore.release(self.taken)
        for user in self.everybody:
            self.leave(user, fails=False)
        self.finish()
        now = self.semaphore.statistics()
        assert (now.held, now.waiting) == (0, 0)


TestSemaphoreMachine = SemaphoreMachine.TestCase
TestSemaphoreMachine.settings = settings(deadline=None, max_examples=100, stateful_step_count=40)
