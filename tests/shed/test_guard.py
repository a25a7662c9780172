"""Permits: ended once, by the first word, by what was raised, or by being dropped."""

from __future__ import annotations

import asyncio
import gc

import pytest

from _virtual import virtual
from snowshed import open_scope
from snowshed.errors import BudgetExceeded, CircuitOpen, DeadlineExceeded, Overloaded
from snowshed.shed._guard import (
    GuardedCall,
    Judge,
    Patience,
    Permit,
    counts_by_default,
    outcome_of,
)


class Recording:
    """A guard that notes how its permits ended."""

    def __init__(self):
        self.outcomes = []

    def admit(self):
        return Permit(self.outcomes.append)


@pytest.mark.parametrize(
    ("method", "outcome"),
    [
        ("succeed", "succeeded"),
        ("fail", "failed"),
        ("ignore", "ignored"),
        ("expire", "expired"),
    ],
)
def test_the_first_word_counts(method, outcome):
    guard = Recording()
    permit = guard.admit()
    assert repr(permit) == "<Permit: out>"
    getattr(permit, method)()
    for later in ("succeed", "fail", "ignore", "expire"):
        getattr(permit, later)()
    permit.end(OSError())
    del permit
    assert guard.outcomes == [outcome]


def test_a_permit_that_is_dropped_is_ignored():
    guard = Recording()
    guard.admit()
    assert guard.outcomes == ["ignored"]


def test_a_permit_that_is_dropped_in_a_cycle_is_ignored():
    guard = Recording()
    cycle = [guard.admit()]
    cycle.append(cycle)
    del cycle
    assert guard.outcomes == []
    gc.collect()
    assert guard.outcomes == ["ignored"]


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (OSError(), True),
        (TimeoutError(), True),
        (ValueError(), True),
        (ExceptionGroup("", [OSError()]), True),
        (BudgetExceeded("GET /", 50, 50), False),
        (CircuitOpen("other", "", 1.0), False),
        (Overloaded("limiter", "limit", 1.0), False),
        (asyncio.CancelledError(), False),
        (KeyboardInterrupt(), False),
        (GeneratorExit(), False),
    ],
)
def test_what_counts_by_default(error, counts):
    assert counts_by_default(error) is counts


@pytest.mark.parametrize(
    ("error", "left", "outcome"),
    [
        (OSError(), None, "failed"),
        (OSError(), 5.0, "failed"),
        (OSError(), 0.0, "expired"),  # a client whose timeout was what is left
        (TimeoutError(), 0.0004, "expired"),
        (asyncio.CancelledError(), None, "ignored"),
        (asyncio.CancelledError(), 5.0, "ignored"),
        (asyncio.CancelledError(), 0.0, "expired"),
        (DeadlineExceeded("attempt", 0.1), 5.0, "expired"),
        (KeyboardInterrupt(), 0.0, "ignored"),
    ],
)
def test_an_error_as_our_deadline_passes_is_our_haste(error, left, outcome):
    assert outcome_of(error, counts_by_default, left) == outcome


@virtual
async def test_a_cancellation_by_the_scopes_deadline_is_an_expiry_and_another_is_not():
    guard = Recording()
    with pytest.raises(DeadlineExceeded):
        async with open_scope("GET /", timeout=1.0), GuardedCall(guard):
            await asyncio.sleep(60)
    task = asyncio.ensure_future(use(guard))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert guard.outcomes == ["expired", "ignored"]


async def use(guard):
    async with GuardedCall(guard):
        await asyncio.sleep(60)


@virtual
async def test_a_guarded_block_tells_what_it_raised_and_raises_it():
    guard = Recording()
    async with GuardedCall(guard):
        pass
    with pytest.raises(LookupError):
        async with GuardedCall(guard):
            raise LookupError
    async with GuardedCall(guard) as permit:
        permit.fail()  # a 503 is no exception
    assert guard.outcomes == ["succeeded", "failed", "failed"]


@virtual
async def test_a_coroutine_that_is_thrown_away_gives_its_permit_back():
    guard = Recording()
    coro = use(guard)
    coro.send(None)
    coro.close()
    assert guard.outcomes == ["ignored"]


def test_a_predicate_that_fails_is_logged_once_and_asked_no_more(caplog):
    asked = []

    def broken(error):
        asked.append(error)
        raise LookupError

    judge = Judge(broken, "breaker 'db'")
    assert judge(OSError()) is True
    assert judge(asyncio.CancelledError()) is False
    assert len(asked) == 1
    assert [record.getMessage() for record in caplog.records] == [
        "breaker 'db': `counts` failed and was replaced by the default"
    ]


def test_a_target_is_blamed_for_an_expiry_only_if_it_had_the_time_that_others_took():
    patience = Patience()
    assert patience.blames("expired", 0.001)  # nothing is known yet
    for _ in range(50):
        patience.learn(0.2)
    assert not patience.blames("expired", 0.1)
    assert patience.blames("expired", 0.2001)
    assert patience.blames("failed", 0.0)
    assert not patience.blames("ignored", 60.0)
    for _ in range(50):
        patience.learn(0.05)
    assert patience.blames("expired", 0.1)
