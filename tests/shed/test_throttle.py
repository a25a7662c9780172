"""The share that is held back, who decides it, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from _virtual import passes, virtual
from snowshed import open_scope
from snowshed.errors import DeadlineExceeded, Overloaded
from snowshed.shed._guard import GuardedCall
from snowshed.shed._throttle import AdaptiveThrottle, ThrottleStatistics, rejection


@pytest.mark.parametrize(
    ("requests", "accepts", "k", "share"),
    [
        (0, 0, 2.0, 0.0),
        (100, 100, 2.0, 0.0),
        (100, 50, 2.0, 0.0),
        (99, 25, 2.0, 0.49),
        (99, 0, 2.0, 0.99),
        (99, 25, 1.0, 0.74),
    ],
)
def test_the_formula_of_the_book(requests, accepts, k, share):
    assert rejection(requests, accepts, k) == pytest.approx(share)


class Backend:
    """Accepts ``rate`` calls a second, refuses the rest at once."""

    def __init__(self, rate):
        self.rate = rate
        self.asked = self.accepted = 0
        self._second, self._left = -1, 0.0

    def ask(self):
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._left = second, self.rate
        self.asked += 1
        self._left -= 1
        if self._left < 0:
            raise OSError
        self.accepted += 1


async def load(throttle, backend, *, seconds, rate):
    """Call evenly, ``rate`` times a second; return (held back, asked, accepted)."""
    before = backend.asked, backend.accepted
    held_back = 0
    for _ in range(int(seconds * rate)):
        await asyncio.sleep(1 / rate)
        try:
            async with GuardedCall(throttle):
                backend.ask()
        except Overloaded:
            held_back += 1
        except OSError:
            pass
    return held_back, backend.asked - before[0], backend.accepted - before[1]


def seeded(**changed):
    return AdaptiveThrottle("stock", **({"draw": random.Random(7).random} | changed))


@virtual
async def test_a_target_that_does_all_is_never_held_back():
    throttle = seeded(window=10)
    assert await load(throttle, Backend(1000), seconds=30, rate=50) == (0, 1500, 1500)


@virtual
async def test_a_target_is_asked_about_k_times_what_it_accepts():
    throttle, backend = seeded(window=10), Backend(10)
    await load(throttle, backend, seconds=30, rate=100)
    held_back, asked, accepted = await load(throttle, backend, seconds=60, rate=100)
    assert 1.7 < asked / accepted < 2.3
    assert held_back > 4500
    assert accepted > 590  # the share of what the target can do is not lost


@virtual
async def test_it_recovers_from_an_outage_of_everything():
    """zeromicro/go-zero#5551: its own rejections counted against the target, which stayed shut."""
    throttle, backend = seeded(window=10), Backend(0)
    held_back, asked, _ = await load(throttle, backend, seconds=300, rate=100)
    assert asked < 1000
    assert held_back > 29_000
    backend.rate = 1000
    await load(throttle, backend, seconds=40, rate=100)
    held_back, asked, accepted = await load(throttle, backend, seconds=10, rate=100)
    assert (held_back, asked, accepted) == (0, 1000, 1000)


@virtual
async def test_whatever_the_odds_a_call_goes_through_each_second():
    throttle, backend = seeded(draw=lambda: 0.0), Backend(0)
    _, asked, _ = await load(throttle, backend, seconds=10, rate=10)
    before, asked = asked, (await load(throttle, backend, seconds=20, rate=10))[1]
    assert before >= 10
    assert 18 <= asked <= 21


@virtual
async def test_calls_in_flight_are_no_refusals():
    throttle = seeded(draw=lambda: 0.0)

    async def use():
        async with GuardedCall(throttle):
            await asyncio.sleep(5)

    await asyncio.gather(*(use() for _ in range(500)))
    now = throttle.statistics()
    assert (now.requests, now.accepts, now.refused) == (500, 500, 0)


@virtual
async def test_a_few_failures_prove_nothing():
    throttle = seeded(draw=lambda: 0.0)
    for _ in range(9):
        await asyncio.sleep(0.01)
        throttle.admit().fail()
    throttle.admit().fail()
    with pytest.raises(Overloaded):
        throttle.admit()


@virtual
async def test_the_error_says_what_was_counted():
    throttle = seeded(draw=lambda: 0.0)
    for n in range(20):
        throttle.watch().fail() if n % 4 else throttle.watch().succeed()
    with pytest.raises(Overloaded) as caught:
        throttle.admit()
    assert caught.value.reason == "throttled"
    assert str(caught.value) == (
        "throttle 'stock' holds back 50% of the calls: 5 of 21 in 120 s were accepted; try again "
        "in 1.0 s, or do without the answer"
    )


@virtual
async def test_what_ended_for_our_reasons_counts_for_nothing():
    throttle = seeded()
    throttle.watch().succeed()
    for _ in range(3):
        task = asyncio.create_task(hold(throttle))
        await passes()
        task.cancel()
        await asyncio.wait([task])
    async with GuardedCall(throttle):
        await asyncio.sleep(1)
    for timeout in (0.01, 5.0):
        with contextlib.suppress(DeadlineExceeded):
            async with open_scope("hasty", timeout=timeout):
                await hold(throttle)
    now = throttle.statistics()
    assert (now.requests, now.accepts, now.ignored) == (3, 2, 4)


async def hold(throttle):
    async with GuardedCall(throttle):
        await asyncio.sleep(60)


@virtual
async def test_which_errors_count_can_be_said():
    throttle = seeded(counts=lambda error: isinstance(error, OSError))
    for error in (OSError(), LookupError()):
        throttle.watch().end(error)
    assert throttle.statistics().requests == 1


@virtual
async def test_statistics_repr_and_reset():
    throttle = seeded(minimum_calls=4)
    for n in range(9):
        throttle.watch().fail() if n else throttle.watch().succeed()
    assert throttle.statistics() == ThrottleStatistics(
        name="stock",
        requests=9,
        accepts=1,
        rejection=0.7,
        admitted=9,
        refused=0,
        ignored=0,
    )
    assert repr(throttle) == "<AdaptiveThrottle 'stock': holds back 70%, 1 of 9 accepted>"
    throttle.reset()
    assert throttle.statistics().rejection == 0


@pytest.mark.parametrize(
    "wrong", [{"k": 0.5}, {"window": 0}, {"minimum_calls": 0}, {"probe_every": 0}]
)
def test_wrong_figures_are_refused(wrong):
    with pytest.raises(ValueError, match=f"throttle 'stock': {next(iter(wrong))} must be"):
        AdaptiveThrottle("stock", **wrong)
