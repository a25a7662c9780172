"""The leave to handle a request: given back once, however the request ends."""

from __future__ import annotations

import asyncio

import pytest

from snowshed.errors import DeadlineExceeded
from snowshed.shed import AdaptiveLimiter, FixedLimit


def made() -> AdaptiveLimiter:
    return AdaptiveLimiter("api", limit=FixedLimit(50))


def test_a_block_gives_back_however_it_ends() -> None:
    limiter = made()
    with limiter.admit(10):
        pass
    for error in (ValueError(), asyncio.CancelledError(), DeadlineExceeded("x", 1.0)):
        with pytest.raises(type(error)), limiter.admit(10):
            raise error
    assert limiter.statistics().inflight == 0


def test_twice_is_once() -> None:
    limiter = made()
    held, other = limiter.admit(10), limiter.admit(10)
    for _ in range(3):
        held.finish()
        held.cancel()
    assert limiter.statistics().inflight == 10
    other.finish()


def test_it_says_how_it_stands() -> None:
    grant = made().admit(5)
    assert repr(grant) == "<Grant 5 units normal open>"
    grant.finish()
    assert repr(grant) == "<Grant 5 units normal given back>"
