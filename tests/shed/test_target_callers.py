"""Many callers of one target, and chains of services: how far failures spread."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _virtual import virtual
from snowshed import open_scope
from snowshed.errors import CircuitOpen, DeadlineExceeded, Overloaded
from snowshed.shed import AdaptiveThrottle, Backoff, CircuitBreaker, RetryBudget, Target, Targets

NO_PAUSE = Backoff(0.0)


def refused():
    return CircuitOpen("deeper", "", 1.0)


END = st.sampled_from([None, None, OSError, LookupError, refused])


class Use(NamedTuple):
    """A caller: when it comes, how its attempts end, what it does to itself."""

    comes: float
    ends: list[Callable[[], Exception] | None]
    takes: float
    timeout: float | None
    cancelled_after: float | None


USE = st.builds(
    Use,
    comes=st.floats(0, 60),
    ends=st.lists(END, min_size=3, max_size=3),
    takes=st.sampled_from([0.0, 0.1, 3.0]),
    timeout=st.sampled_from([None, 0.05, 1.0, 5.0]),
    cancelled_after=st.sampled_from([None, None, 0.0, 0.5, 2.0]),
)


async def one_that_succeeds(stock):
    with contextlib.suppress(CircuitOpen, Overloaded):
        async with stock.call():
            pass


@settings(deadline=None, max_examples=50)
@given(st.lists(USE, max_size=40))
def test_whatever_callers_do_the_books_agree_and_nothing_stays_taken(uses):
    stock = Target(
        "stock",
        breaker=CircuitBreaker("stock", last_calls=10, minimum_calls=4, probes=4),
        retries=RetryBudget("stock", ratio=0.2, min_per_second=0.1),
        throttle=AdaptiveThrottle("stock", draw=Random(3).random),
    )
    attempts = 0

    async def caller(use):
        ends = iter(use.ends)

        async def attempt():
            nonlocal attempts
            attempts += 1
            await asyncio.sleep(use.takes)
            if (error := next(ends)) is not None:
                raise error()

        await asyncio.sleep(use.comes)
        with contextlib.suppress(DeadlineExceeded):
            async with open_scope("GET /", timeout=use.timeout):
                task = asyncio.create_task(stock.run(attempt))
                if use.cancelled_after is not None:
                    asyncio.get_running_loop().call_later(use.cancelled_after, task.cancel)
                await asyncio.wait([task])
        task.cancel()
        await asyncio.wait([task])

    @virtual
    async def main():
        await asyncio.gather(*map(caller, uses))
        now = stock.statistics()
        retried = now.retries.allowed
        assert now.breaker.probes_out == 0
        assert attempts <= len(uses) + retried
        assert now.breaker.admitted >= now.throttle.admitted >= attempts
        held = now.throttle.requests - now.throttle.refused + now.throttle.ignored
        assert held <= now.throttle.admitted
        for _ in range(2):  # a success may be the call that makes them enough to open
            await asyncio.sleep(120)
            for _ in range(4):
                await one_that_succeeds(stock)
        assert stock.breaker.state == "closed"

    main()


class Capacity:
    """A downstream that does so much each second, and refuses the rest."""

    def __init__(self, rate):
        self.rate = rate
        self.done = 0
        self.second, self.left = -1, 0

    async def __call__(self):
        second = int(asyncio.get_running_loop().time())
        if second != self.second:
            self.second, self.left = second, self.rate
        self.left -= 1
        if self.left < 0:
            raise OSError
        self.done += 1


async def done_in(seconds, of, downstream, rate=100):
    """Return what the downstream did in some seconds in which it was called through a target."""
    before = downstream.done
    for _ in range(seconds * rate):
        await asyncio.sleep(1 / rate)
        with contextlib.suppress(OSError, CircuitOpen, Overloaded):
            async with of.call():
                await downstream()
    return downstream.done - before


def guarded_both_ways():
    return Target(
        "stock",
        breaker=CircuitBreaker("stock", last_seconds=5, failure_rate=0.9, jitter=0.0),
        throttle=AdaptiveThrottle("stock", draw=Random(5).random),
    )


@virtual
async def test_a_throttle_uses_what_a_downstream_can_do_where_a_breaker_does_not():
    alone = Target("stock", breaker=CircuitBreaker("stock", last_seconds=5, jitter=0.0))
    assert await done_in(120, alone, Capacity(30)) < 0.5 * 120 * 30
    both = guarded_both_ways()
    assert await done_in(120, both, Capacity(30)) > 0.99 * 120 * 30
    assert both.statistics().breaker.opened == 0


@virtual
async def test_after_an_outage_a_breaker_spares_its_throttle_the_slow_way_back():
    alone = Target("stock", throttle=AdaptiveThrottle("stock", draw=Random(5).random))
    after = []
    for stock in (alone, guarded_both_ways()):
        downstream = Capacity(1000)
        await done_in(130, stock, downstream)
        downstream.rate = 0
        await done_in(130, stock, downstream)
        downstream.rate = 1000
        await done_in(11, stock, downstream)
        after.append(await done_in(10, stock, downstream))
    assert after[0] < 200
    assert after[1] == 1000


CALLS = 4000
RATE = 100  # a second


class Chain:
    """Services that call each other; the last one fails everything."""

    def __init__(self, hops, *, wrap):
        self.hops = hops
        self.wrap = wrap
        self.last_was_asked = 0

    async def service(self, hop):
        if hop == len(self.hops):
            self.last_was_asked += 1
            raise OSError("down")
        try:
            return await self.hops[hop](self.service, hop + 1)
        except OSError as error:
            if self.wrap:  # over a network an error arrives as a new one
                raise OSError("bad gateway") from error
            raise

    async def amplification(self, calls=CALLS):
        for _ in range(calls):
            await asyncio.sleep(1 / RATE)
            with pytest.raises((OSError, CircuitOpen)):
                await self.service(0)
        return self.last_was_asked / calls


async def three_times(fn, *args):
    for _ in range(2):
        try:
            return await fn(*args)
        except OSError:
            pass
    return await fn(*args)


def budgeted(name):
    return partial(Target(name, retries=RetryBudget(name)).run, backoff=NO_PAUSE)


@virtual
async def test_without_a_budget_a_chain_of_three_asks_27_times():
    assert await Chain([three_times] * 3, wrap=True).amplification(100) == 27


@virtual
async def test_with_budgets_a_chain_of_three_asks_a_tenth_more():
    chain = Chain([budgeted(name) for name in "abc"], wrap=False)
    assert 1.05 < await chain.amplification() <= 1.1


@virtual
async def test_where_nobody_says_what_was_retried_the_tenths_multiply():
    """What `mark_final` is for: 1.1 x 1.1 x 1.1, which is far from 27 but more than a tenth."""
    chain = Chain([budgeted(name) for name in "abc"], wrap=True)
    assert 1.2 < await chain.amplification() < 1.1**3


@virtual
async def test_with_breakers_a_chain_of_three_asks_next_to_nothing():
    targets = Targets()
    chain = Chain([targets.get(name).run for name in "abc"], wrap=True)
    assert await chain.amplification() < 0.05
