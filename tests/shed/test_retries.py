"""The budget for retries, what may help, and how long to wait."""

from __future__ import annotations

import asyncio
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _virtual import virtual
from snowshed.core import _clock
from snowshed.errors import (
    BudgetExceeded,
    CircuitOpen,
    DeadlineExceeded,
    Overloaded,
)
from snowshed.shed._final import is_final, mark_final
from snowshed.shed._guard import counts_by_default
from snowshed.shed._retries import (
    Backoff,
    RetryBudget,
    RetryStatistics,
    allows,
    may_help,
)


@virtual
async def test_a_tenth_of_the_requests_may_be_retried():
    budget = RetryBudget("stock", min_per_second=0)
    for _ in range(100):
        budget.request()
    assert [budget.try_retry() for _ in range(12)] == [True] * 10 + [False] * 2
    assert budget.statistics() == RetryStatistics(
        name="stock", requests=100, retries=10, available=0, allowed=10, refused=2
    )
    assert repr(budget) == "<RetryBudget 'stock': 10 retries for 100 requests, 0 left>"


@virtual
async def test_requests_count_for_a_window():
    budget = RetryBudget("stock", min_per_second=0)
    for _ in range(100):
        budget.request()
    await asyncio.sleep(10)
    assert not budget.try_retry()


@virtual
async def test_retries_are_no_requests():
    """failsafe-go#139: attempts and requests were one count, so the bound bounded nothing."""
    budget = RetryBudget("stock", min_per_second=0, ratio=0.5)
    for _ in range(10):
        budget.request()
    assert sum(budget.try_retry() for _ in range(100)) == 5


@virtual
async def test_a_client_with_few_requests_has_a_floor_which_is_not_added():
    budget = RetryBudget("stock", min_per_second=1.0)
    budget.request()
    assert sum(budget.try_retry() for _ in range(20)) == 10
    for _ in range(1000):
        budget.request()
    assert sum(budget.try_retry() for _ in range(200)) == 90


@virtual
async def test_the_floor_comes_back_after_a_silence():
    """linkedin/venice#1498: a budget was never refreshed after a time without requests."""
    budget = RetryBudget("stock", min_per_second=0.1)
    assert [budget.try_retry(), budget.try_retry()] == [True, False]
    await asyncio.sleep(1000)
    assert budget.try_retry()


def test_without_share_and_floor_nothing_is_retried():
    budget = RetryBudget("stock", ratio=0, min_per_second=0)
    budget.request()
    assert not budget.try_retry()


@pytest.mark.parametrize("ratio", [0.1, 0.29, 0.7, 1.0, 2.0])
def test_the_share_is_exact_in_spite_of_rounding(ratio):
    retries = 0
    while allows(100, retries, ratio, 0.0):
        retries += 1
    assert retries == round(100 * ratio)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 2)), max_size=300))
def test_each_retry_keeps_to_the_share_or_the_floor(steps):
    now = 0.0
    with _clock.reading(lambda: now):
        budget = RetryBudget("stock", ratio=0.3, min_per_second=0.2, window=10)
        seen = []
        for is_request, pause in steps:
            now += pause
            if is_request:
                budget.request()
                seen.append((now, "request"))
            elif budget.try_retry():
                seen.append((now, "retry"))
                surely = [kind for when, kind in seen if when > now - 9]
                possibly = [kind for when, kind in seen if when > now - 10.0001]
                assert surely.count("retry") <= max(0.3 * possibly.count("request"), 2) + 1e-6


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (OSError(), True),
        (TimeoutError(), True),
        (DeadlineExceeded("attempt", 0.1), True),
        (CircuitOpen("stock", "", 1.0), False),
        (Overloaded("throttle", "throttled", 1.0), False),
        (BudgetExceeded("GET /", 50, 50), False),
        (asyncio.CancelledError(), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_what_another_attempt_may_help(error, helps):
    assert may_help(error, counts_by_default) is helps
    assert may_help(error, lambda error: True) is helps


def test_what_does_not_count_is_not_retried():
    assert not may_help(KeyError(), lambda error: not isinstance(error, LookupError))


def test_a_final_error_is_not_retried_and_stays_final_in_a_pickle():
    error = OSError("refused")
    assert not is_final(error)
    mark_final(error)
    assert is_final(error)
    assert not may_help(error, counts_by_default)
    assert is_final(pickle.loads(pickle.dumps(error)))


def test_pauses_are_drawn_from_nothing_to_a_bound_that_doubles():
    longest = Backoff(0.1, 5.0, draw=lambda: 1.0)
    assert [longest.pause(n) for n in (1, 2, 3, 7, 10**9)] == [0.1, 0.2, 0.4, 5.0, 5.0]
    assert Backoff(0.1, 5.0, draw=lambda: 0.0).pause(3) == 0
    assert Backoff(0.1, 5.0, draw=lambda: 0.25).pause(2) == 0.05


@pytest.mark.parametrize("wrong", [{"ratio": -0.1}, {"min_per_second": -1}, {"window": 0}])
def test_wrong_figures_are_refused(wrong):
    with pytest.raises(ValueError, match=f"retry budget 'stock': {next(iter(wrong))} must be"):
        RetryBudget("stock", **wrong)


@pytest.mark.parametrize("wrong", [{"first": -1}, {"longest": float("inf")}])
def test_wrong_pauses_are_refused(wrong):
    with pytest.raises(ValueError, match=f"backoff: {next(iter(wrong))} must be"):
        Backoff(**wrong)
