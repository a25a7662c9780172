"""What every pool must survive: the bugs that others had, and hours of random use."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from _machine import LoopMachine
from snowshed.core._pool import WorkerPool
from snowshed.errors import ClosedResourceError, WouldBlock, WouldDeadlock
from snowshed.testing import run_virtual

REQUEST = contextvars.ContextVar("REQUEST", default=None)


def test_a_pending_job_keeps_the_context_of_its_submitter():
    """aiojobs starts a pending job in the context of the job that ended: A, A, A instead."""

    async def main():
        seen = []

        async def work():
            seen.append(REQUEST.get())
            await asyncio.sleep(1)

        async def request(who):
            REQUEST.set(who)
            await pool.run()

        async with WorkerPool(work, max_workers=1, queue_size=5) as pool:
            await asyncio.gather(*(request(who) for who in "ABC"))
        assert seen == ["A", "B", "C"]

    run_virtual(main())


def test_cancelling_a_pool_with_queued_jobs_does_not_hang_those_who_wait():
    """alitto/pond#61 and #138: tasks in the queue of a cancelled pool were never resolved."""

    async def main():
        pool = WorkerPool(asyncio.sleep, max_workers=1, queue_size=5)
        await pool.__aenter__()
        jobs = [await pool.submit(100) for _ in range(4)]
        waiting = asyncio.gather(*jobs, return_exceptions=True)
        await asyncio.sleep(1)
        await pool.aclose(drain=False)
        assert all(isinstance(end, asyncio.CancelledError) for end in await waiting)
        assert pool.statistics().cancelled == 4

    run_virtual(main())


def test_no_wake_up_is_lost_when_the_queue_is_full():
    """alitto/pond#108: a submitter that waited for a full queue slept on when it drained."""

    async def main():
        async with WorkerPool(asyncio.sleep, max_workers=2, queue_size=1) as pool:
            async with asyncio.timeout(1000):
                await asyncio.gather(*(pool.run(n % 3) for n in range(200)))
        assert pool.statistics().successful == 200

    run_virtual(main())


@pytest.mark.parametrize("on_nested", ["raise", "inline"])
def test_a_nested_submit_to_a_full_pool_does_not_deadlock(on_nested):
    """panjf2000/ants#197: every worker submits to the full pool and waits for a place."""

    async def main():
        async def work(depth):
            if depth:
                await pool.run(depth - 1)

        async with WorkerPool(work, max_workers=2, queue_size=0, on_nested=on_nested) as pool:
            jobs = asyncio.gather(*(pool.run(3) for _ in range(4)), return_exceptions=True)
            async with asyncio.timeout(1):
                ends = await jobs
        if on_nested == "inline":
            assert ends == [None] * 4
        else:
            assert any(isinstance(end, WouldDeadlock) for end in ends)

    run_virtual(main())


@pytest.mark.parametrize("on_nested", ["raise", "inline"])
def test_nested_groups_on_one_pool_do_not_hang(on_nested):
    """alitto/pond#56: a group of tasks, each of which waits for a group on the same pool."""

    async def main():
        async def work(depth):
            if depth:
                await asyncio.gather(*[await pool.submit(depth - 1) for _ in range(3)])

        async with WorkerPool(work, max_workers=3, queue_size=50, on_nested=on_nested) as pool:
            jobs = asyncio.gather(*(pool.run(2) for _ in range(3)), return_exceptions=True)
            async with asyncio.timeout(1):
                ends = await jobs
        if on_nested == "inline":
            assert ends == [None] * 3
        else:
            assert any(isinstance(end, WouldDeadlock) for end in ends)

    run_virtual(main())


def test_a_job_cancelled_in_the_queue_leaks_no_place():
    """hyx's bulkhead lost a permit for ever for each caller that was cancelled in its queue."""

    async def main():
        async with WorkerPool(asyncio.sleep, max_workers=1, queue_size=2) as pool:
            await pool.submit(5)
            for _ in range(10):
                job = await pool.submit(1)
                job.cancel()
            jobs = [pool.submit_nowait(1) for _ in range(2)]
            await asyncio.gather(*jobs)

    run_virtual(main())


REFUSALS = WouldBlock, WouldDeadlock, ClosedResourceError, LookupError


class PoolMachine(LoopMachine):
    """Jobs that wait at a gate until the machine tells them how to go on."""

    @initialize(
        on_nested=st.sampled_from(["raise", "inline"]),
        workers=st.integers(1, 3),
        queue_size=st.integers(0, 2),
        max_waiters=st.none() | st.integers(0, 2),
        drain=st.booleans(),
    )
    def open(self, on_nested, workers, queue_size, max_waiters, drain):
        self.drain = drain
        self.pool = WorkerPool(
            self.work,
            max_workers=workers,
            queue_size=queue_size,
            idle_timeout=2,
            on_nested=on_nested,
            max_waiters=max_waiters,
        )
        self.numbers = itertools.count()
        self.gates = {}
        self.workers = {}
        self.begun = []
        self.accepted = []
        self.jobs = []
        self.last_workers = self.last_places = 0
        self.loop.run_until_complete(self.pool.__aenter__())

    async def work(self, number):
        assert REQUEST.get() == number
        self.begun.append(number)
        self.workers[number] = asyncio.current_task()
        command = None
        while command != self.stop:
            gate = self.gates[number] = self.loop.create_future()
            try:
                command = await gate
            finally:
                del self.gates[number]
            await command()

    async def submit(self, timeout=None):
        number = next(self.numbers)
        REQUEST.set(number)
        async with asyncio.timeout(timeout):
            job = await self.pool.submit(number)
        self.note(number, job)
        return job

    def submit_nowait(self):
        number = next(self.numbers)
        REQUEST.set(number)
        self.note(number, self.pool.submit_nowait(number))

    def note(self, number, job):
        if number not in self.begun:  # a guest has begun before it is returned
            self.accepted.append(number)
        self.jobs.append(job)

    async def request(self, timeout):
        with contextlib.suppress(*REFUSALS, TimeoutError):
            await (await self.submit(timeout))

    async def request_nowait(self):
        with contextlib.suppress(WouldBlock):
            self.submit_nowait()

    # What a job that stands at its gate can be told.

    async def stop(self):
        pass

    async def fail(self):
        raise LookupError

    async def give_up(self):
        raise asyncio.CancelledError

    async def nest(self):
        with contextlib.suppress(*REFUSALS):
            await (await self.submit())

    async def nest_in_children(self):
        with contextlib.suppress(*REFUSALS, ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                for _ in range(2):
                    group.create_task(self.nest())

    async def gather_nested(self):
        with contextlib.suppress(*REFUSALS):
            jobs = [await self.submit() for _ in range(2)]
            await asyncio.gather(*jobs)

    async def nest_and_go_on(self):
        with contextlib.suppress(*REFUSALS):
            self.submit_nowait()

    @rule(timeout=st.none() | st.sampled_from([0, 0.5, 2]))
    def come(self, timeout):
        self.start(self.request(timeout))

    @rule()
    def come_nowait(self):
        self.start(self.request_nowait())

    @precondition(lambda self: any(not gate.done() for gate in self.gates.values()))
    @rule(data=st.data(), what=st.sampled_from(["stop", "fail", "give_up"] + 2 * ["nest"]))
    def tell(self, data, what):
        self.tell_one(data, what)

    @precondition(lambda self: any(not gate.done() for gate in self.gates.values()))
    @rule(
        data=st.data(),
        what=st.sampled_from(["nest_in_children", "gather_nested", "nest_and_go_on"]),
    )
    def tell_to_nest(self, data, what):
        self.tell_one(data, what)

    def tell_one(self, data, what):
        waiting = sorted(number for number, gate in self.gates.items() if not gate.done())
        self.gates[data.draw(st.sampled_from(waiting))].set_result(getattr(self, what))

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel_job(self, data):
        data.draw(st.sampled_from(self.jobs)).cancel()

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def cancel_request(self, data):
        data.draw(st.sampled_from(self.tasks)).cancel()

    @rule(index=st.integers(0, 9))
    def cancel_worker(self, index):
        idle = [worker.task for worker in self.pool._crew.idle]
        busy = [self.workers[number] for number in sorted(self.gates)]
        if idle or busy:
            [*idle, *busy][index % len(idle + busy)].cancel()

    @rule(max_workers=st.integers(1, 4))
    def resize(self, max_workers):
        self.pool.resize(max_workers=max_workers)

    def places(self):
        now = self.pool.statistics()
        return now.max_workers + now.queue_size - self.pool._crew.free

    @invariant()
    def the_bounds_hold(self):
        now = self.pool.statistics()
        workers = now.workers - len(self.pool._crew.guests)
        guests = sum(guest.job is not None for guest in self.pool._crew.guests)
        allowed = now.max_workers + now.queue_size
        places = self.places()
        assert workers <= max(now.max_workers, self.last_workers)
        assert now.waiting + now.running - guests <= places <= max(allowed, self.last_places)
        self.last_workers, self.last_places = workers, places

    @invariant()
    def jobs_begin_in_the_order_of_their_submission(self):
        order = [number for number in self.begun if number in self.accepted]
        assert order == sorted(order, key=self.accepted.index)

    @rule()
    def come_to_rest(self):
        """When nothing is left to run, nobody waits but for something that can still come."""
        self.settle()
        now = self.pool.statistics()
        guests = len(self.pool._crew.guests)
        assert now.waiting + now.running - guests == self.places()
        if now.waiting:
            assert now.workers - guests >= now.max_workers
            assert now.idle == 0
        if now.submitters:
            assert now.waiting + now.running - guests >= now.max_workers + now.queue_size
        if now.waiting or now.submitters:
            assert self.gates, "every job waits for its own pool"

    async def close(self):
        closing = asyncio.create_task(self.pool.aclose(drain=self.drain))
        for _ in range(1000):
            for gate in self.gates.values():
                if not gate.done():
                    gate.set_result(self.stop)
            await asyncio.sleep(0)
        assert closing.done(), self.pool

    def end(self):
        self.loop.run_until_complete(self.close())
        # A guest that fails in the moment in which its caller is cancelled has nobody to tell.
        lost = "Job exception was never retrieved"
        self.failures = [report for report in self.failures if report["message"] != lost]
        self.finish()
        assert all(job.done() for job in self.jobs)
        now = self.pool.statistics()
        assert (now.workers, now.running, now.waiting, now.submitters) == (0, 0, 0, 0)
        assert now.submitted == now.successful + now.failed + now.cancelled
        for job in self.jobs:
            job.cancelled() or job.exception()  # retrieved, so that it is not reported


TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = settings(deadline=None, max_examples=60, stateful_step_count=40)
