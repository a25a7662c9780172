"""That retrying was done travels: three services in a row over HTTP, and each server's answer."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import grpc
import grpc.aio
import httpx2
import pytest
from aiohttp import web

import _serving
from integrations._aiohttp_service import served as served_by_aiohttp
from integrations._exchange import Exchange, respond
from integrations._grpc_service import ask, grpc_server
from snowshed import current_scope
from snowshed.integrations.aiohttp import CallMiddleware
from snowshed.integrations.asgi import RequestScopeMiddleware
from snowshed.integrations.grpc import RequestScopeInterceptor
from snowshed.integrations.httpx2 import SnowshedTransport
from snowshed.shed import Backoff, RetryBudget, Target, is_final, mark_final

FOLDER = Path(__file__).parent
REQUESTS = 300
COMMAND = (
    *(sys.executable, "-m", "uvicorn", "_chain_service:app"),
    *("--app-dir", str(FOLDER), "--port", "{port}", "--log-level", "critical"),
)


@contextmanager
def chain(folder: Path, **variables: str) -> Iterator[tuple[_serving.Server, _serving.Server]]:
    """Serve three services in a row; yield the first and the last."""
    with _serving.serving(COMMAND, folder, **variables) as last:
        behind = {"NEXT": f"http://127.0.0.1:{last.port}", **variables}
        with _serving.serving(COMMAND, folder, **behind) as middle:
            behind["NEXT"] = f"http://127.0.0.1:{middle.port}"
            with _serving.serving(COMMAND, folder, **behind) as first:
                yield first, last


async def call_often(url: str, requests: int) -> None:
    """Make the requests through a target of the caller's own, which tries three times too."""
    target = Target("first", retries=RetryBudget("first", min_per_second=0))
    async with httpx2.AsyncClient(timeout=60.0, trust_env=False) as client:

        async def call() -> None:
            (await client.get(url)).raise_for_status()

        for _ in range(requests):
            with pytest.raises(httpx2.HTTPStatusError):
                await target.run(call, attempts=3, backoff=Backoff(0.0))


@pytest.mark.server
@pytest.mark.slow
def test_a_chain_of_three_services_asks_the_last_one_a_tenth_more(tmp_path: Path) -> None:
    with chain(tmp_path) as (first, last):
        asyncio.run(call_often(f"http://127.0.0.1:{first.port}/guarded", REQUESTS))
        assert 1.0 < last.get("/").json() / REQUESTS <= 1.1


@pytest.mark.server
@pytest.mark.slow
def test_where_servers_do_not_say_so_the_tenths_multiply_and_without_budgets_the_attempts(
    tmp_path: Path,
) -> None:
    with chain(tmp_path, PROPAGATES="no") as (first, last):
        asyncio.run(call_often(f"http://127.0.0.1:{first.port}/guarded", REQUESTS))
        guarded = last.get("/").json()
        assert guarded / REQUESTS > 1.2
        for _ in range(10 * 3):
            assert first.get("/naive").status == 502
        assert last.get("/").json() - guarded == 10 * 27


async def app_of(scope, receive, send):
    """Fail with the status in the path, after a retry that was the last one."""
    if scope["marks"]:
        mark_final(OSError())
    await respond(send, scope["status"])


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "marks", "enforce", "told"),
    [
        (500, True, True, b"never"),
        (503, True, True, b"never"),
        (503, False, True, None),
        (404, True, True, None),
        (200, True, True, None),
        (503, True, False, None),
    ],
)
async def test_an_asgi_server_says_so_if_it_fails_and_enforces(status, marks, enforce, told):
    exchange = Exchange()
    exchange.scope.update(status=status, marks=marks)
    await exchange.run(RequestScopeMiddleware(app_of, enforce=enforce))
    assert exchange.headers.get(b"snowshed-retry") == told


@pytest.mark.asyncio
async def test_a_refusal_of_ours_says_by_itself_when_to_try_again():
    async def app(scope, receive, send):
        mark_final(OSError())
        for _ in range(2):
            current_scope().spawn_nowait(asyncio.sleep, 0)

    exchange = await Exchange().run(RequestScopeMiddleware(app, budget=1))
    assert exchange.status == 503
    assert b"retry-after" in exchange.headers
    assert b"snowshed-retry" not in exchange.headers


@pytest.mark.asyncio
async def test_the_next_request_of_a_connection_begins_unmarked():
    app = RequestScopeMiddleware(app_of)
    first, second = Exchange(), Exchange()
    first.scope.update(status=503, marks=True)
    second.scope.update(status=503, marks=False)
    await app(first.scope, first.receive, first.send)
    await app(second.scope, second.receive, second.send)
    assert b"snowshed-retry" not in second.headers


def failed(error):
    mark_final(error)
    return error


def test_an_aiohttp_server_says_so_and_its_client_hears_it():
    async def raises(request):
        raise failed(LookupError())

    async def answers(request):
        mark_final(LookupError())
        return web.Response(status=int(request.query["status"]))

    async def refused(request):
        mark_final(LookupError())
        for _ in range(2):
            current_scope().spawn_nowait(asyncio.sleep, 0)

    async def ask_all(client):
        heard = []
        for path in ("raises", "answers?status=502", "answers?status=404", "refused"):
            async with client.get(f"/{path}") as response:
                try:
                    response.raise_for_status()
                except Exception as error:
                    heard.append(is_final(error))
        return heard

    heard = served_by_aiohttp(raises, answers, refused, ask=ask_all, budget=1)
    assert heard == [True, True, False, False]


async def unary_raises(request, context):
    raise failed(LookupError())


async def unary_aborts(request, context):
    mark_final(LookupError())
    await context.abort(grpc.StatusCode.UNAVAILABLE, "down", (("why", "x"),))


async def unary_sets_a_code(request, context):
    mark_final(LookupError())
    context.set_code(grpc.StatusCode.UNAVAILABLE)
    return b""


async def unary_unmarked(request, context):
    await context.abort(grpc.StatusCode.UNAVAILABLE, "down")


async def stream_raises(request, context):
    yield b"first"
    raise failed(LookupError())


async def unary_refused(request, context):
    mark_final(LookupError())
    for _ in range(2):
        current_scope().spawn_nowait(asyncio.sleep, 0)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("kind", "behavior", "final"),
    [
        ("unary_unary", unary_raises, True),
        ("unary_unary", unary_aborts, True),
        ("unary_unary", unary_sets_a_code, True),
        ("unary_stream", stream_raises, True),
        ("unary_unary", unary_unmarked, False),
        ("unary_unary", unary_refused, False),
    ],
)
async def test_a_grpc_server_says_so_and_its_client_hears_it(kind, behavior, final):
    interceptor = RequestScopeInterceptor(budget=1)
    async with (
        grpc_server(interceptor, **{kind: behavior}) as target,
        grpc.aio.insecure_channel(target) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(channel, kind, b"x")
    assert is_final(caught.value) is final
    assert dict(caught.value.trailing_metadata()).get("why") == (
        "x" if behavior is unary_aborts else None
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(("said", "final"), [("never", True), ("later", False)])
async def test_a_service_in_the_middle_passes_it_on_with_httpx(said, final):
    def answer(request):
        return httpx2.Response(503, headers={"snowshed-retry": said})

    async def middle(scope, receive, send):
        transport = SnowshedTransport(httpx2.MockTransport(answer))
        async with httpx2.AsyncClient(transport=transport, trust_env=False) as client:
            await client.get("http://stock/")
        await respond(send, 500)

    exchange = await Exchange().run(RequestScopeMiddleware(middle))
    assert (b"snowshed-retry" in exchange.headers) is final


def test_a_service_in_the_middle_passes_it_on_with_aiohttp():
    async def last(request):
        mark_final(OSError())
        return web.Response(status=503)

    async def middle(request):
        async with aiohttp.ClientSession(middlewares=[CallMiddleware()]) as client:
            await client.get(request.url.with_path("/last"))
        return web.Response(status=500)

    async def ask_middle(client):
        async with client.get("/middle") as response:
            return response.headers.get("snowshed-retry")

    assert served_by_aiohttp(last, middle, ask=ask_middle) == "never"
