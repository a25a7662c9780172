"""Errors carry their facts, say the next step, and survive a trip through another process."""

from __future__ import annotations

import pickle

import pytest

from snowshed import errors

SAMPLES = [
    errors.BudgetExceeded("GET /cart", 50, 50),
    errors.DeadlineExceeded("GET /cart", 0.25),
    errors.WouldBlock("channel 'jobs' is full (100 of 100)"),
    errors.WouldDeadlock("pool 'mail' is full", "submit without waiting"),
    errors.ClosedResourceError("channel 'jobs'"),
    errors.EndOfChannel("jobs"),
    errors.Overloaded("limiter 'http' has 50 of 50 units in use", "limit", 1.2),
    errors.CircuitOpen("stock", "60 % of the last 20 calls failed", 5.0),
    errors.ConfigError("snowshed.toml", "unknown key 'budgte'; accepted: budget"),
    errors.FormatError("pprof", "byte 120", "expected 7 bytes, found 3"),
]


def test_every_error_has_a_sample_here() -> None:
    assert {type(sample).__name__ for sample in SAMPLES} == set(errors.__all__) - {"SnowshedError"}


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_is_caught_by_the_base_and_pickles_with_its_facts(error: Exception) -> None:
    assert isinstance(error, errors.SnowshedError)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_a_deadline_is_a_timeout_for_code_that_knows_only_the_standard_library() -> None:
    with pytest.raises(TimeoutError):
        raise errors.DeadlineExceeded("GET /cart", 0.25)


def test_a_deadline_is_no_error_of_the_system() -> None:
    error = errors.DeadlineExceeded("GET /cart", 0.25, "a place")
    assert (error.errno, error.strerror, error.filename) == (None, None, None)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SAMPLES[0], ["'GET /cart'", "50 live tasks", "budget is 50", "TaskScope.map"]),
        (SAMPLES[1], ["'GET /cart'", "0.250 s", "has no timeout of its own"]),
        (SAMPLES[2], ["'jobs'", "100 of 100", "wait with the plain form"]),
        (SAMPLES[3], ["'mail'", "submit without waiting"]),
        (SAMPLES[4], ["'jobs'", "is closed", "open a new one"]),
        (SAMPLES[5], ["'jobs'", "will send no more"]),
        (SAMPLES[6], ["'http'", "50 of 50", "try again in 1.2 s"]),
        (SAMPLES[7], ["'stock'", "60 %", "in 5.0 s", "Answer without this dependency"]),
        (SAMPLES[8], ["snowshed.toml", "'budgte'", "accepted: budget"]),
        (SAMPLES[9], ["pprof, byte 120", "expected 7 bytes"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_message_says_what_was_seen_where_and_the_next_step(
    error: Exception, words: list[str]
) -> None:
    for word in words:
        assert word in str(error)
