"""Which requests of an aiohttp server are begun, and what the admission hears of them."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from integrations._aiohttp_service import problem, served
from integrations._desk import Desk
from integrations._httpx_contract import until
from snowshed import BudgetExceeded, Overloaded, current_scope, remaining
from snowshed.shed._admission import Admission
from snowshed.shed._limiter import AdaptiveLimiter
from snowshed.shed._limits import FixedLimit


def test_admission_is_asked_first_and_told_last():
    desk = Desk(light=True, budget=4, timeout=1.0)

    async def handler(request):
        assert len(desk.finished) == len(desk.offers) - 1
        if "fail" in request.query:
            raise BudgetExceeded("x", 1, 1)
        return web.json_response([current_scope().statistics().budget, remaining() <= 1.0])

    async def ask(client):
        async with client.get("/handler") as response:
            assert response.headers["snowshed-level"] == "light"
            granted = await response.json()
        async with client.get("/handler?fail=1") as response:
            return granted, response.status

    assert served(handler, ask=ask, admission=desk, timeout=5.0) == ([4, True], 503)
    # A timeout of the service is no deadline of the caller.
    assert desk.offers[0] == ("GET", "/handler", None, False)
    assert desk.finished == [
        ("GET /handler", False, False, "/handler"),
        ("GET /handler", True, False, "/handler"),
    ]


def test_a_real_admission_that_is_full_refuses_the_second_request_and_takes_the_third():
    began, may_end = [], asyncio.Event()

    async def handler(request):
        began.append(True)
        await may_end.wait()
        return web.Response()

    async def ask(client):
        first = asyncio.create_task(status(client))
        await until(lambda: began)
        second = await status(client)
        may_end.set()
        return await first, second, await status(client)

    async def status(client):
        async with client.get("/handler") as response:
            return response.status

    admission = Admission(AdaptiveLimiter("test", limit=FixedLimit(1)))
    assert served(handler, ask=ask, admission=admission) == (200, 503, 200)


def test_a_client_that_has_gone_is_no_failure_of_the_service():
    desk = Desk()

    async def handler(request):
        await asyncio.sleep(30)

    async def ask(client):
        with pytest.raises(TimeoutError):
            await client.get("/handler", timeout=aiohttp.ClientTimeout(total=0.2))
        await until(lambda: desk.finished)

    served(handler, ask=ask, admission=desk)
    assert desk.finished[0][2:] == (True, "/handler")


def test_what_admission_refuses_is_not_begun():
    desk = Desk(refusal=Overloaded("limiter at 10 of 10", "limit", 2.5))
    begun = []

    async def handler(request):
        begun.append(True)

    async def ask(client):
        async with client.get("/handler") as response:
            return response.status, response.headers["retry-after"], await problem(response)

    status, retry_after, document = served(handler, ask=ask, admission=desk)
    assert (status, retry_after) == (503, "3")
    assert "not begun" in document["detail"]
    assert not begun
