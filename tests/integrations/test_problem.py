"""The answers that snowshed gives itself."""

from __future__ import annotations

import json

import pytest

from integrations._exchange import Exchange
from snowshed.integrations._problem import TOO_LATE, TOO_MANY, TOO_MUCH, Problem, refuse


@pytest.mark.asyncio
@pytest.mark.parametrize("problem", [TOO_LATE, TOO_MANY, TOO_MUCH])
async def test_it_is_a_problem_document(problem: Problem) -> None:
    exchange = Exchange()
    await refuse(exchange.send, problem)
    assert exchange.status == problem.status
    assert exchange.problem() == {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }


@pytest.mark.asyncio
@pytest.mark.parametrize(("seconds", "told"), [(0.2, b"1"), (1.0, b"1"), (1.01, b"2"), (2.9, b"3")])
async def test_when_to_come_back_is_told_in_whole_seconds(seconds: float, told: bytes) -> None:
    exchange = Exchange()
    await refuse(exchange.send, TOO_MANY, retry_after=seconds)
    assert exchange.headers[b"retry-after"] == told


@pytest.mark.asyncio
async def test_what_was_too_late_is_not_to_be_tried_again() -> None:
    exchange = Exchange()
    await refuse(exchange.send, TOO_LATE)
    assert b"retry-after" not in exchange.headers


def test_the_body_is_json() -> None:
    assert json.loads(TOO_MANY.body)["status"] == 503
