"""Requests of an aiohttp server in a scope each, on real connections."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest
from aiohttp import web

from integrations._aiohttp_service import problem, served
from integrations._httpx_contract import until
from snowshed import current_scope, remaining
from snowshed.integrations.aiohttp import RequestScopeMiddleware, setup
from snowshed.shed import Baggage, Criticality, current_baggage


def test_a_request_has_a_scope_with_the_budget_and_time_that_its_caller_leaves_it():
    async def handler(request):
        scope = current_scope()
        assert current_baggage() == Baggage(Criticality.CRITICAL, "r-1")
        assert scope.name == "GET /handler"
        return web.json_response([scope.statistics().budget, remaining()])

    async def ask(client):
        headers = {
            "X-Request-Timeout-Ms": "1500",
            "Snowshed-Budget": "7",
            "X-Criticality": "critical-plus",
            "X-Request-Id": "r-1",
        }
        async with client.get("/handler", headers=headers) as response:
            return await response.json()

    budget, left = served(handler, ask=ask, timeout=20.0)
    assert budget == 7
    assert 1.0 < left <= 1.5


def test_headers_cannot_loosen_and_broken_ones_change_nothing():
    async def handler(request):
        return web.json_response([current_scope().statistics().budget, remaining()])

    async def ask(client):
        headers = {"X-Request-Timeout-Ms": "99999999", "Snowshed-Budget": "-7"}
        async with client.get("/handler", headers=headers) as response:
            return await response.json()

    budget, left = served(handler, ask=ask, timeout=20.0, budget=3)
    assert budget == 3
    assert 19 < left <= 20


def test_a_peer_that_is_trusted_may_raise_the_class_and_nothing_is_kept_for_the_next():
    async def handler(request):
        return web.json_response(str(current_baggage()))

    async def ask(client):
        plus = await client.get("/handler", headers={"X-Criticality": "critical-plus"})
        return await plus.json(), await (await client.get("/handler")).json()

    first, second = served(handler, ask=ask, trusted=["127.0.0.0/8"])
    assert "CRITICAL_PLUS" in first
    assert second == str(Baggage())


def test_over_budget_is_a_503_with_retry_after():
    async def handler(request):
        for _ in range(3):
            await current_scope().spawn(asyncio.sleep, 30)
        return web.Response()

    async def ask(client):
        async with client.get("/handler") as response:
            assert 1 <= int(response.headers["retry-after"]) <= 4
            return response.status, (await problem(response))["detail"]

    status, detail = served(handler, ask=ask, budget=2)
    assert status == 503
    assert "more work at once" in detail


def test_a_500_that_the_application_has_made_of_a_refusal_becomes_a_503():
    @web.middleware
    async def catch_all(request, handler):
        try:
            return await handler(request)
        except Exception:
            return web.Response(status=500)

    async def handler(request):
        current_scope().spawn_nowait(asyncio.sleep, 0.01)
        current_scope().spawn_nowait(asyncio.sleep, 0.01)

    async def ask(client):
        async with client.get("/handler") as response:
            return response.status

    assert served(handler, ask=ask, budget=1, middlewares=[catch_all]) == 503


def test_an_error_of_the_application_stays_a_500():
    async def handler(request):
        raise LookupError

    async def ask(client):
        async with client.get("/handler") as response:
            return response.status

    assert served(handler, ask=ask) == 500


def test_no_response_in_time_is_a_504_and_cancels_the_work():
    cancelled = []

    async def handler(request):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(request.path)
            raise

    async def ask(client):
        async with client.get("/handler", headers={"X-Request-Timeout-Ms": "100"}) as response:
            assert "retry-after" not in response.headers
            return response.status, (await problem(response))["title"]

    assert served(handler, ask=ask) == (504, "Gateway Timeout")
    assert cancelled == ["/handler"]


def test_a_deadline_of_a_scope_inside_is_the_applications_own():
    async def handler(request):
        async with asyncio.timeout(0.01):
            await asyncio.sleep(30)

    async def ask(client):
        async with client.get("/handler") as response:
            return response.status, response.content_type

    # What aiohttp makes of a TimeoutError, not a problem document of ours.
    assert served(handler, ask=ask)[1] != "application/problem+json"


def test_what_a_request_has_started_ends_before_its_response_is_sent():
    ended = []

    async def handler(request):
        await current_scope().spawn(work)
        raise web.HTTPFound("/elsewhere")

    async def work():
        await asyncio.sleep(0.05)
        ended.append("work")

    async def ask(client):
        async with client.get("/handler", allow_redirects=False) as response:
            return response.status, list(ended)

    assert served(handler, ask=ask) == (302, ["work"])


def test_a_stream_that_has_begun_outlives_the_deadline():
    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        assert remaining() is None
        for part in b"0123":
            await response.write(bytes([part]))
            await asyncio.sleep(0.1)
        return response

    async def ask(client):
        async with client.get("/handler") as response:
            return await response.read()

    assert served(handler, ask=ask, timeout=0.2) == b"0123"


def test_a_client_that_has_gone_takes_its_request_with_it():
    states = []

    async def handler(request):
        scope = current_scope()
        await scope.spawn(work)
        states.append("began")
        try:
            await asyncio.sleep(30)
        finally:
            states.append(scope.reason)

    async def work():
        try:
            await asyncio.sleep(30)
        finally:
            states.append("child ended")

    async def ask(client):
        with pytest.raises(TimeoutError):
            await client.get("/handler", timeout=aiohttp.ClientTimeout(total=0.3))
        await until(lambda: len(states) == 3)

    served(handler, ask=ask)
    assert states == ["began", "the client has gone", "child ended"]


def test_a_websocket_is_left_alone_by_the_deadline_and_by_the_watch():
    closed = []

    async def handler(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await asyncio.sleep(0.3)
            await socket.send_str(message.data)
        await asyncio.sleep(0.5)
        closed.append(current_scope().reason)
        return socket

    async def ask(client):
        async with client.ws_connect("/handler") as socket:
            await socket.send_str("hello")
            echoed = await socket.receive_str()
        await until(lambda: closed)
        return echoed

    assert served(handler, ask=ask, timeout=0.2) == "hello"
    assert closed == [None]


def test_an_application_inside_another_does_not_open_a_second_scope():
    async def name(request):
        return web.json_response([current_scope().name, current_scope()._budget.parent is None])

    async def ask(client):
        async with client.get("/sub/name") as response:
            return await response.json()

    sub = web.Application()
    setup(sub)
    sub.router.add_get("/name", name)
    assert served(ask=ask, sub_apps=[("/sub", sub)]) == ["GET /sub/name", True]


def test_observing_changes_nothing_and_counts():
    async def handler(request):
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(5)]
        await asyncio.gather(*tasks)
        await asyncio.sleep(0.1)
        return web.json_response([remaining(), current_scope().statistics().budget])

    async def ask(client):
        headers = {"X-Request-Timeout-Ms": "10", "Snowshed-Budget": "1"}
        async with client.get("/handler", headers=headers) as response:
            return await response.json()

    assert served(handler, ask=ask, enforce=False, budget=2, timeout=0.01) == [None, 2]


def test_observing_lets_errors_pass_and_the_client_go():
    ended = []

    async def handler(request):
        await asyncio.sleep(0.4)
        ended.append(True)
        raise web.HTTPNotFound

    async def ask(client):
        with contextlib.suppress(TimeoutError):
            await client.get("/handler", timeout=aiohttp.ClientTimeout(total=0.1))
        await until(lambda: ended)
        async with client.get("/handler") as response:
            return response.status

    assert served(handler, ask=ask, enforce=False) == 404


@pytest.mark.parametrize("wrong", [{"budget": 0}, {"timeout": -1.0}, {"after_budget": 0}])
def test_wrong_limits_are_refused_with_their_value(wrong):
    value = next(iter(wrong.values()))
    with pytest.raises(ValueError, match=f"must be positive, not {value}"):
        RequestScopeMiddleware(**wrong)


def test_the_middleware_says_what_it_holds_requests_to():
    assert "budget=7" in repr(RequestScopeMiddleware(budget=7))
