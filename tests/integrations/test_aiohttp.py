"""Calls by aiohttp, on real connections. Its server side is in `test_aiohttp_server`."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from integrations._echo import echo_server
from integrations._guards import NotingGuard
from integrations._httpx_contract import until
from snowshed import CircuitOpen, DeadlineExceeded, open_scope
from snowshed.integrations.aiohttp import CallMiddleware
from snowshed.shed import Baggage, Criticality, set_baggage


def session(**options):
    return aiohttp.ClientSession(middlewares=[CallMiddleware(**options)])


async def told(client, url, **options):
    async with client.get(url, **options) as response:
        return await response.json()


def test_a_call_tells_time_budget_class_and_id():
    async def main():
        async with echo_server() as echo, session() as client:
            set_baggage(Baggage(Criticality.CRITICAL_PLUS, "r-1"))
            async with open_scope("request", budget=9, timeout=3.0):
                return await told(client, f"{echo.url}/echo")

    headers = asyncio.run(main())
    assert 2000 < int(headers["x-request-timeout-ms"]) < 3000
    assert headers["snowshed-budget"] == "9"
    assert headers["x-criticality"] == "critical-plus"
    assert headers["x-request-id"] == "r-1"


def test_the_callers_own_headers_stay():
    async def main():
        async with (
            echo_server() as echo,
            session() as client,
            open_scope("request", budget=9, timeout=3.0),
        ):
            own = {"X-Request-Timeout-Ms": "70", "Snowshed-Budget": "many"}
            return await told(client, f"{echo.url}/echo", headers=own)

    headers = asyncio.run(main())
    assert (headers["x-request-timeout-ms"], headers["snowshed-budget"]) == ("70", "many")


@pytest.mark.parametrize(
    ("timeout", "ms"),
    [
        ({"total": 1.5}, "1500"),
        ({"total": None, "sock_read": 0.5}, "500"),
        ({"total": 2.5, "sock_read": 9}, "2500"),
    ],
)
def test_the_callers_own_timeout_is_told_if_it_is_shorter(timeout, ms):
    async def main():
        own = aiohttp.ClientTimeout(**timeout)
        middlewares = [CallMiddleware()]
        async with (
            echo_server() as echo,
            aiohttp.ClientSession(middlewares=middlewares, timeout=own) as client,
            open_scope("request", timeout=30.0),
        ):
            return await told(client, f"{echo.url}/echo")

    assert asyncio.run(main())["x-request-timeout-ms"] == ms


def test_the_scope_ends_a_call():
    guard = NotingGuard()

    async def main():
        async with echo_server() as echo, session(guards={"127.0.0.1": guard}) as client:
            with pytest.raises(DeadlineExceeded):
                await in_scope(client, f"{echo.url}/slow", timeout=0.3)
            await until(lambda: echo.abandoned == 1)

    async def in_scope(client, url, **options):
        async with open_scope("request", **options):
            await client.get(url)

    asyncio.run(main())
    assert guard.outcomes == ["expired"]


def test_a_task_of_nobody_gets_the_librarys_own_timeout_with_our_reason():
    async def main():
        async with echo_server() as echo, session() as client:
            async with open_scope("request", timeout=0.3):
                task = asyncio.create_task(told(client, f"{echo.url}/slow"))
                await asyncio.sleep(0.05)
            with pytest.raises(aiohttp.ServerTimeoutError, match="scope 'request' had left"):
                await task
            await until(lambda: echo.abandoned == 1)

    asyncio.run(main())


def test_a_response_that_has_begun_may_take_its_time_when_the_deadline_is_lifted():
    async def main():
        async with (
            echo_server() as echo,
            session() as client,
            open_scope("request", timeout=0.3) as scope,
            client.get(f"{echo.url}/trickle") as response,
        ):
            scope._lift_deadline()
            return await response.read()

    assert asyncio.run(main()) == b"0123"


def test_a_call_for_which_no_time_is_left_is_not_made_and_the_error_is_ours():
    async def main():
        async with echo_server() as echo, session() as client:
            with pytest.raises(DeadlineExceeded) as caught:
                await late(client, f"{echo.url}/echo")
            assert not isinstance(caught.value, aiohttp.ClientError)
            return echo.asked

    async def late(client, url):
        async with open_scope("request", timeout=0.01):
            # Blocks the loop: nothing has told the task yet that its time is over.
            time.sleep(0.02)
            await client.get(url)

    assert asyncio.run(main()) == []


def test_what_a_guard_refuses_is_not_sent():
    guard = NotingGuard(CircuitOpen("b", "10 of 10 failed", 1.0))

    async def main():
        async with echo_server() as echo, session(guards=lambda _: guard) as client:
            with pytest.raises(CircuitOpen):
                await client.get(f"{echo.url}/echo")
            return echo.asked

    assert asyncio.run(main()) == []


def test_a_guard_hears_how_the_target_answered():
    guard = NotingGuard()

    async def main():
        async with echo_server() as echo, session(guards={"127.0.0.1": guard}) as client:
            for path in ("/echo", "/status/503"):
                await (await client.get(f"{echo.url}{path}")).read()

    asyncio.run(main())
    assert guard.outcomes == ["succeeded", "failed"]


def test_a_guard_hears_that_there_is_no_connection():
    guard = NotingGuard()

    async def main():
        async with session(guards={"127.0.0.1:1": guard}) as client:
            with pytest.raises(aiohttp.ClientConnectorError):
                await client.get("http://127.0.0.1:1/")

    asyncio.run(main())
    assert guard.outcomes == ["failed"]


def test_a_redirect_to_another_host_is_told_only_what_that_host_may_know():
    async def main():
        middleware = CallMiddleware(hosts=["127.0.0.1"])
        async with (
            echo_server() as echo,
            aiohttp.ClientSession(middlewares=[middleware]) as client,
            open_scope("request", timeout=3.0, budget=9),
        ):
            headers = await told(client, f"{echo.url}/redirect")
        assert repr(middleware) == "<CallMiddleware <Calls: 2 calls, 1 told>>"
        assert middleware.statistics().told == 1
        return headers

    headers = asyncio.run(main())
    assert headers["host"].startswith("localhost")
    assert not {"x-request-timeout-ms", "snowshed-budget"} & headers.keys()
