"""All guards of one downstream, without hurting each other, and how far failures spread."""

from __future__ import annotations

import asyncio

import pytest

from _virtual import virtual
from snowshed import open_scope
from snowshed.errors import (
    BudgetExceeded,
    CircuitOpen,
    ClosedResourceError,
    DeadlineExceeded,
    Overloaded,
)
from snowshed.shed._breaker import CircuitBreaker
from snowshed.shed._final import is_final
from snowshed.shed._retries import Backoff, RetryBudget
from snowshed.shed._target import Target, Targets, TargetsStatistics, shared_targets, target
from snowshed.shed._throttle import AdaptiveThrottle

NO_PAUSE = Backoff(0.0)


def whole(**changed):
    guards = {
        "breaker": CircuitBreaker("stock", last_calls=10, minimum_calls=4, jitter=0.0, probes=4),
        "throttle": AdaptiveThrottle("stock", draw=lambda: 0.0),
        "retries": RetryBudget("stock"),
    }
    return Target("stock", **(guards | changed))


class Failing:
    """A downstream that fails the first times, and takes some seconds to answer."""

    def __init__(self, times, error=OSError, takes=0.0):
        self.left = times
        self.error = error
        self.takes = takes
        self.asked = []

    async def __call__(self, *args):
        self.asked.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.takes)
        self.left -= 1
        if self.left >= 0:
            raise self.error("no" if self.error is not DeadlineExceeded else "attempt", *args)
        return args


@virtual
async def test_a_call_is_told_to_every_guard():
    stock = whole()
    async with stock.call():
        pass
    with pytest.raises(OSError):
        async with stock.call():
            raise OSError
    async with stock.call() as permit:
        permit.fail()
    stock.admit().ignore()
    now = stock.statistics()
    assert (now.breaker.calls, now.breaker.failed, now.breaker.ignored) == (3, 2, 1)
    assert (now.throttle.requests, now.throttle.accepts, now.throttle.ignored) == (3, 1, 1)
    assert (now.retries.requests, now.retries.retries) == (4, 0)


@virtual
async def test_a_target_may_lack_guards():
    bare = Target("stock")
    async with bare.call():
        pass
    assert bare.statistics().breaker is None
    assert repr(bare) == "<Target 'stock': no guards>"
    calls = Failing(1)
    with pytest.raises(OSError):
        await bare.run(calls)
    assert len(calls.asked) == 1  # no budget, no retries


@virtual
async def test_a_hiccup_is_retried():
    stock = whole()
    calls = Failing(2)
    assert await stock.run(calls, "a", "b") == ("a", "b")
    assert len(calls.asked) == 3
    now = stock.statistics()
    assert (now.breaker.calls, now.breaker.failed) == (3, 2)
    assert (now.retries.requests, now.retries.retries) == (1, 2)


@virtual
async def test_the_pauses_are_those_of_the_backoff():
    calls = Failing(3)
    await whole().run(calls, attempts=4, backoff=Backoff(1.0, 3.0, draw=lambda: 0.5))
    assert calls.asked == [0.0, 0.5, 1.5, 3.0]


@virtual
async def test_the_last_error_is_raised_itself_and_is_final():
    calls = Failing(10)
    with pytest.raises(OSError, match="no") as caught:
        await whole().run(calls, backoff=NO_PAUSE)
    assert len(calls.asked) == 3
    assert is_final(caught.value)
    assert caught.value.__context__ is None


@virtual
async def test_one_attempt_is_not_the_last_word():
    calls = Failing(10)
    with pytest.raises(OSError) as caught:
        await whole().run(calls, attempts=1)
    assert not is_final(caught.value)


@virtual
async def test_the_budget_bounds_the_retries_of_all():
    stock = whole(breaker=None, throttle=None, retries=RetryBudget("stock", min_per_second=0))
    calls = Failing(10**6)
    for _ in range(100):
        with pytest.raises(OSError):
            await stock.run(calls, backoff=NO_PAUSE)
    assert len(calls.asked) == 110


@virtual
async def test_no_retry_begins_that_cannot_end_before_the_deadline():
    for timeout, asked in ((10.0, 3), (4.9, 2), (2.9, 1)):
        calls = Failing(10, takes=1.0)
        with pytest.raises(OSError) as caught:
            async with open_scope("GET /", timeout=timeout):
                await whole().run(calls, backoff=Backoff(1.0, draw=lambda: 1.0))
        assert len(calls.asked) == asked
        assert is_final(caught.value) is (timeout == 10.0)


@virtual
async def test_an_attempt_with_a_timeout_of_its_own_is_retried():
    stock = whole()
    seen = []

    async def attempt():
        seen.append(1)
        async with open_scope("attempt", timeout=0.2):
            await asyncio.sleep(60 if len(seen) == 1 else 0.1)
        return "tea"

    async with open_scope("GET /", timeout=5.0):
        assert await stock.run(attempt) == "tea"
    assert len(seen) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        CircuitOpen("deeper", "", 1.0),
        Overloaded("limiter", "limit", 1.0),
        BudgetExceeded("GET /", 50, 50),
        ClosedResourceError("pool"),
    ],
)
def test_refusals_are_not_retried_and_blame_nobody(refusal):
    @virtual
    async def main():
        stock = whole()
        asked = []

        async def refused():
            asked.append(1)
            raise refusal

        for _ in range(20):
            with pytest.raises(type(refusal)):
                await stock.run(refused)
        assert len(asked) == 20
        assert stock.breaker.state == "closed"

    main()


@virtual
async def test_an_open_circuit_is_not_retried():
    stock = whole()
    stock.breaker.force_open()
    calls = Failing(0)
    with pytest.raises(CircuitOpen):
        await stock.run(calls)
    now = stock.statistics()
    assert calls.asked == []
    assert (now.breaker.refused, now.retries.requests, now.retries.refused) == (1, 0, 0)


@virtual
async def test_a_retry_that_the_breaker_refuses_leaves_the_real_error():
    stock = whole(breaker=CircuitBreaker("stock", last_calls=2))
    calls = Failing(10)
    with pytest.raises(OSError, match="no") as caught:
        await stock.run(calls)
    assert len(calls.asked) == 2
    assert is_final(caught.value)
    (note,) = caught.value.__notes__
    assert note.startswith("not retried: circuit 'stock' is open: 2 of 2 calls failed")


@virtual
async def test_what_the_breaker_does_not_count_is_not_retried():
    counts = lambda error: not isinstance(error, LookupError)  # noqa: E731
    stock = whole(breaker=CircuitBreaker("stock", counts=counts))
    calls = Failing(10, error=KeyError)
    with pytest.raises(KeyError):
        await stock.run(calls)
    assert len(calls.asked) == 1


@virtual
async def test_a_cancelled_run_is_not_retried_and_blames_nobody():
    stock = whole()
    calls = Failing(10, takes=60)
    task = asyncio.create_task(stock.run(calls))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert len(calls.asked) == 1
    assert stock.breaker.statistics().ignored == 1


@virtual
async def test_a_run_that_is_cancelled_in_its_pause_holds_nothing():
    stock = whole()
    task = asyncio.create_task(stock.run(Failing(10), backoff=Backoff(60, 60, draw=lambda: 1.0)))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    now = stock.statistics().breaker
    assert (now.admitted, now.calls, now.ignored) == (1, 1, 0)


@virtual
async def test_what_is_no_async_function_is_an_error_of_the_caller():
    stock = whole()
    with pytest.raises(TypeError, match="takes an async function") as caught:
        await stock.run(len, [])
    with pytest.raises(ValueError, match="target 'stock': attempts must be a whole number"):
        await stock.run(Failing(0), attempts=0)
    now = stock.statistics().breaker
    assert (now.calls, now.ignored) == (0, 1)
    del caught  # it holds the frames, and with them the permit


@virtual
async def test_what_the_throttle_holds_back_keeps_no_probe_and_is_no_request():
    stock = whole()
    for _ in range(20):
        stock.throttle.watch().fail()
    with pytest.raises(Overloaded, match="throttle 'stock' holds back") as caught:
        stock.admit()
    now = stock.statistics()
    assert (now.breaker.ignored, now.retries.requests) == (1, 0)
    del caught  # it holds the frames, and with them the permit


@virtual
async def test_probes_pass_the_throttle_and_success_sets_it_back():
    """Else the throttle, which looks back two minutes, holds back what would end the outage."""
    stock = whole()
    for _ in range(20):
        stock.throttle.watch().fail()
    for _ in range(4):
        stock.breaker.admit().fail()
    await asyncio.sleep(10)
    stock.throttle.watch().fail()  # the forced pass of this second is taken
    for _ in range(3):
        async with stock.call() as permit:
            assert permit.probe
    assert stock.breaker.state == "closed"
    assert stock.statistics().throttle.rejection == 0


@virtual
async def test_names_share_a_target():
    assert target("shared-by-test") is target("shared-by-test")
    assert target("shared-by-test") is not target("other-of-test")
    made = target("made-by-test", make=lambda name: Target(name.upper()))
    assert made.name == "MADE-BY-TEST"
    assert target("made-by-test") is made
    known = target("shared-by-test")
    assert known.breaker is not None
    assert known.retries is not None
    assert {known, made} <= set(shared_targets())


def test_no_name_makes_the_targets_grow_without_bound():
    targets = Targets(limit=3, make=Target)
    first = targets.get("a")
    for name in "bcadaea":
        targets.get(name)
    assert targets.get("a") is first
    assert [known.name for known in targets.known()] == ["d", "e", "a"]
    assert targets.statistics() == TargetsStatistics(known=3, limit=3, forgotten=2)
    assert repr(targets) == "<Targets: 3 of 3, 2 forgotten>"
