"""The circuit breaker as it is used: by many tasks, as a block, a decorator and a permit."""

from __future__ import annotations

import asyncio
import contextvars
import gc

import pytest

from _breakers import breaker, fails, succeeds
from _virtual import passes, virtual
from snowshed import open_scope
from snowshed.errors import CircuitOpen, DeadlineExceeded
from snowshed.shed._breaker import BreakerStatistics, CircuitBreaker


@virtual
async def test_failures_open_it_and_the_error_says_all():
    db = breaker()
    await fails(db, 4)
    await asyncio.sleep(2.5)
    with pytest.raises(CircuitOpen) as caught:
        await succeeds(db)
    assert caught.value.breaker == "db"
    assert caught.value.retry_after == 7.5
    assert str(caught.value) == (
        "circuit 'db' is open: 4 of 4 calls failed (limit 50%); the next probe goes out in 7.5 s. "
        "Answer without this dependency, or fail fast"
    )
    assert db.state == "open"


@virtual
async def test_it_recovers_by_probes():
    db = breaker()
    await fails(db, 4)
    await asyncio.sleep(10)
    await succeeds(db, 3)
    assert db.state == "closed"
    now = db.statistics()
    assert (now.admitted, now.refused, now.opened) == (7, 0, 1)


@virtual
async def test_tasks_in_the_block_at_the_same_time_keep_their_own_permits():
    """With one permit for all, the last to enter was what the first to leave ended."""
    db = breaker(slow_call_duration=5.0, slow_call_rate=0.5)

    async def use(seconds, error=None):
        async with db:
            await asyncio.sleep(seconds)
            if error is not None:
                raise error

    tasks = [asyncio.create_task(use(9.0))]
    await asyncio.sleep(1)
    tasks += [asyncio.create_task(use(1.0, OSError())), asyncio.create_task(use(2.0))]
    await asyncio.wait(tasks)
    for task in tasks:
        task.exception()
    now = db.statistics()
    assert (now.calls, now.failed, now.slow) == (3, 1, 1)


@virtual
async def test_blocks_in_blocks_and_children_of_a_block_keep_their_own_permits():
    outer, inner = breaker(), breaker()

    async def child():
        async with outer:
            await asyncio.sleep(5)
            raise OSError

    async with outer:
        task = asyncio.create_task(child())
        async with inner, outer:
            await asyncio.sleep(1)
        await asyncio.wait([task])
        assert isinstance(task.exception(), OSError)
    counted = [(now.calls, now.failed) for now in (outer.statistics(), inner.statistics())]
    assert counted == [(3, 1), (1, 0)]


@virtual
async def test_blocks_that_are_left_in_the_order_in_which_they_were_entered():
    """Generators that a task advances in turn, each with a block of its own."""
    first, second = breaker(), breaker()

    async def rows(guard):
        async with guard:
            yield
            if guard is first:
                raise OSError

    one, other = rows(first), rows(second)
    await anext(one)
    await anext(other)
    with pytest.raises(OSError):
        await anext(one)
    with pytest.raises(StopAsyncIteration):
        await anext(other)
    counted = [(now.calls, now.failed) for now in (first.statistics(), second.statistics())]
    assert counted == [(1, 1), (1, 0)]


@virtual
async def test_a_block_that_is_left_in_another_context_gives_its_place_back():
    """Generator-based fixtures are entered in one context and left in another."""
    db = breaker()
    await fails(db, 4)
    await asyncio.sleep(10)

    async def fixture():
        async with db:
            yield

    generator = fixture()

    async def enter():
        await anext(generator)

    await asyncio.create_task(enter(), context=contextvars.Context())
    assert db.statistics().probes_out == 1
    with pytest.raises(StopAsyncIteration):
        await anext(generator)
    await passes()  # the loop lets go of the context
    gc.collect()
    assert db.statistics().probes_out == 0
    assert db.statistics().ignored == 1


@virtual
async def test_the_decorator_guards_async_functions_and_creates_no_coroutine_when_open():
    """pybreaker#7: a decorated coroutine function was a success as soon as it was called."""
    db = breaker()

    @db
    async def ask(what, *, loud=False):
        """Ask."""
        if what == "tea":
            return f"{what}{'!' * loud}"
        raise OSError

    assert await ask("tea", loud=True) == "tea!"
    assert ask.__doc__ == "Ask."
    for _ in range(3):
        with pytest.raises(OSError):
            await ask("milk")
    with pytest.raises(CircuitOpen):
        await ask("tea")
    # `virtual` has warnings as errors: a coroutine that was never awaited would be one.


@pytest.mark.parametrize("fn", [print, lambda: asyncio.sleep(0), None])
def test_the_decorator_refuses_what_is_no_async_function(fn):
    with pytest.raises(TypeError, match="breaker 'db' decorates async functions"):
        breaker()(fn)


@virtual
async def test_a_cancelled_probe_gives_its_place_back():
    """rezilience#521, maverick-mcp#272: interrupted once in half-open, stuck for ever."""
    db = breaker(probes=1)
    await fails(db, 4)
    await asyncio.sleep(10)
    probe = asyncio.create_task(succeeds(db, took=60))
    await passes()
    with pytest.raises(CircuitOpen, match="1 probes are out"):
        await succeeds(db)
    probe.cancel()
    await asyncio.wait([probe])
    await succeeds(db)
    assert db.state == "closed"


@virtual
async def test_a_probe_that_hangs_does_not_lock_out():
    db = breaker(probes=1, probe_timeout=5.0)
    await fails(db, 4)
    await asyncio.sleep(10)
    hangs = asyncio.create_task(succeeds(db, took=1000))
    await asyncio.sleep(5)
    assert db.state == "open"
    await asyncio.sleep(10)
    await succeeds(db)
    assert db.state == "closed"
    await hangs
    now = db.statistics()
    assert (now.lost, now.late) == (1, 1)


@virtual
async def test_a_permit_that_nobody_ends_does_not_lock_out():
    db = breaker(probes=2)
    await fails(db, 4)
    await asyncio.sleep(10)
    for _ in range(10):
        db.admit()
    held = [db.admit(), db.admit()]
    with pytest.raises(CircuitOpen):
        db.admit()
    await asyncio.sleep(60 + 10)
    await succeeds(db, 2)
    assert db.state == "closed"
    del held


@virtual
async def test_clients_in_a_hurry_do_not_open_it_for_everybody():
    """zeromicro/go-zero#4070: small timeouts of some callers triggered the breaker of all."""
    db = breaker()
    await succeeds(db, 5, took=0.1)
    for _ in range(50):
        with pytest.raises(DeadlineExceeded):
            async with open_scope("in a hurry", timeout=0.05):
                await succeeds(db, took=0.1)
    assert db.state == "closed"
    assert db.statistics().ignored == 50


@virtual
async def test_a_target_that_hangs_opens_it_though_only_deadlines_end_the_calls():
    db = breaker()
    await succeeds(db, 5, took=0.1)
    for _ in range(5):
        with pytest.raises(DeadlineExceeded):
            async with open_scope("GET /", timeout=0.25):
                await succeeds(db, took=60)
    assert db.state == "open"


@virtual
async def test_callers_that_go_away_do_not_open_it():
    db = breaker()
    for _ in range(20):
        task = asyncio.create_task(succeeds(db, took=60))
        await passes()
        task.cancel()
        await asyncio.wait([task])
    assert db.state == "closed"
    now = db.statistics()
    assert (now.calls, now.ignored) == (0, 20)


@virtual
async def test_which_errors_count_can_be_said():
    db = breaker(counts=lambda error: not isinstance(error, LookupError))
    for _ in range(20):
        with pytest.raises(KeyError):
            async with db:
                raise KeyError("no such row")
    assert db.state == "closed"
    await fails(db, 4)
    assert db.state == "open"


@virtual
async def test_statistics_and_repr_tell_the_truth():
    db = breaker(slow_call_duration=1.0)
    await succeeds(db, 3, took=2.0)
    await fails(db, 2)
    assert db.statistics() == BreakerStatistics(
        name="db",
        state="closed",
        why="",
        calls=5,
        failed=2,
        slow=3,
        admitted=5,
        refused=0,
        ignored=0,
        late=0,
        lost=0,
        opened=0,
        probes_out=0,
        retry_after=0.0,
    )
    assert repr(db) == "<CircuitBreaker 'db': closed, 2 failed and 3 slow of 5, 0 refused>"


@virtual
async def test_it_holds_no_memory_for_calls():
    db = breaker(last_seconds=60.0, last_calls=None)
    await fails(db)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(1000):
        await succeeds(db, took=0.001)
    gc.collect()
    assert len(gc.get_objects()) - before < 50


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"failure_rate": 50}, "failure_rate must be a share"),
        ({"slow_call_rate": 0}, "slow_call_rate must be a share"),
        ({"slow_call_duration": -1}, "slow_call_duration must be 0 or more"),
        ({"minimum_calls": 11}, "would never open: minimum_calls is 11 and last_calls only 10"),
        ({"minimum_calls": 0}, "minimum_calls must be a whole number"),
        ({"last_calls": 0}, "last_calls must be a whole number"),
        ({"last_seconds": 5}, "last_calls or last_seconds, not both"),
        ({"last_calls": None, "last_seconds": 0}, "last_seconds must be positive"),
        ({"probes": 0}, "probes must be a whole number"),
        ({"probe_timeout": float("inf")}, "probe_timeout must be positive and finite"),
        ({"open_for": float("inf")}, "open_for must be positive and finite"),
        ({"backoff": 0.5}, "backoff must be 1 to 10"),
        ({"jitter": 2}, "jitter must be 0 to 1"),
    ],
)
def test_figures_that_would_make_it_useless_are_refused(wrong, complaint):
    with pytest.raises(ValueError, match=f"breaker 'db'.*{complaint}"):
        breaker(**wrong)


def test_a_small_window_has_a_small_minimum():
    small = CircuitBreaker("db", last_calls=5)
    assert small.state == "closed"
    assert CircuitBreaker("db", last_seconds=5.0, minimum_calls=500).state == "closed"
