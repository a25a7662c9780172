"""Who makes tasks, and how: each library does it in its own way, and the count is the user's.

The servers of ASGI are in `test_server_matrix`; factories in `test_task_factory`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading

import anyio
import pytest

import _needs
from attach._attached import attached
from integrations._exchange import Exchange, respond
from snowshed.core import current_scope, open_scope
from snowshed.integrations._request import Policy, RequestScope
from snowshed.integrations.asgi import RequestScopeMiddleware


async def work():
    await asyncio.sleep(0)


async def counts(handle, **settings):
    """Run ``handle`` as a request of which each task is judged: (its own, those of others)."""
    accounts = []

    async def request():
        policy = Policy(budget=50, enforce=False)
        async with RequestScope("GET /x", policy, timeout=None, budget=50):
            await handle()

    with attached(sites_from=0, **settings) as runtime:
        ended = runtime.request_ended
        runtime.request_ended = lambda *args: accounts.append(args[1]) or ended(*args)
        await asyncio.create_task(request())
        assert runtime.statistics().failures == 0
    return accounts[0].budget.spawned, accounts[0].others


# --- the standard library


@pytest.mark.parametrize(
    ("start", "own"),
    [
        (lambda: asyncio.create_task(work()), 1),
        (lambda: asyncio.ensure_future(work()), 1),
        (lambda: asyncio.gather(work(), work()), 2),
        (lambda: asyncio.shield(work()), 1),
        (lambda: asyncio.wait_for(work(), 5), 0),  # a task of its own before 3.12
        (lambda: asyncio.wait_for(asyncio.create_task(work()), 5), 1),
        (lambda: asyncio.to_thread(int), 1),
        (lambda: asyncio.get_running_loop().run_in_executor(None, int), 1),
        (lambda: anyio.to_thread.run_sync(int), 0),  # threads of anyio's own, 40 at most
        (lambda: asyncio.wait([asyncio.create_task(work())]), 1),
    ],
)
def test_the_standard_library_counts_the_same_on_every_python(start, own):
    async def handle():
        await start()

    assert asyncio.run(counts(handle))[0] == own


def test_streams_and_subprocesses_are_no_work_of_the_user():
    async def echo(reader, writer):
        writer.write(await reader.read(1))
        writer.close()

    async def handle():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x")
        assert await reader.read() == b"x"
        writer.close()
        server.close()
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
        assert await process.wait() == 0

    assert asyncio.run(counts(handle))[0] == 0


def test_threads_that_keep_the_context_keep_the_scope_and_others_lose_it():
    names = []

    def look():
        scope = current_scope()
        names.append(None if scope is None else scope.name)

    async def handle():
        await asyncio.to_thread(look)
        await anyio.to_thread.run_sync(look)
        await asyncio.get_running_loop().run_in_executor(None, look)
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    asyncio.run(counts(handle))
    lost = [None] if not getattr(sys.flags, "thread_inherit_context", 0) else ["GET /x"]
    assert names == ["GET /x", "GET /x", None, *lost]


# --- frameworks


def test_a_plain_function_of_fastapi_runs_in_a_thread_with_its_scope():
    from fastapi import FastAPI

    app, names = FastAPI(), []

    @app.get("/thing")
    def thing() -> str:
        names.append(current_scope().name)
        return "ok"

    async def main():
        with attached() as runtime:
            exchange = await Exchange().run(runtime.wrap(app))
            return exchange.status, runtime.statistics().failures

    assert asyncio.run(main()) == (200, 0)
    assert names == ["GET /thing"]


DJANGO = """
import asyncio, sys
sys.path[:0] = {path!r}
import django
from django.conf import settings
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x")
django.setup()
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path
from snowshed.core import current_scope

async def work(): await asyncio.sleep(0)
async def fan_out(): await asyncio.gather(work(), work())

async def asynchronous(request):
    await fan_out()
    return HttpResponse(current_scope().name)

def synchronous(request):
    async_to_sync(fan_out)()
    return HttpResponse(current_scope().name)

async def floods(request):
    await asyncio.gather(*(work() for _ in range(60)))

urlpatterns = [path("a", asynchronous), path("s", synchronous), path("f", floods)]

async def main():
    from attach._attached import attached
    from integrations._exchange import Exchange
    for mode in ("observe", "enforce"):
        with attached(mode=mode, sites_from=0) as runtime:
            app = runtime.wrap(get_asgi_application())
            for name in "as":
                exchange = Exchange()
                exchange.scope["path"] = f"/{{name}}"
                before = runtime.statistics().spawned
                await exchange.run(app)
                print(mode, exchange.body.decode(), runtime.statistics().spawned - before)
        if mode == "enforce":
            exchange = Exchange()
            exchange.scope["path"] = "/f"
            await exchange.run(app)
            print(exchange.status)

asyncio.run(main())
"""


def test_django_asynchronous_and_synchronous(tmp_path):
    """Its handler listens for the disconnect in tasks of its own: none, one or three by version."""
    _needs.module("django")
    import subprocess
    from pathlib import Path

    tests = str(Path(__file__).parents[1])
    (tmp_path / "site_of_test.py").write_text(DJANGO.format(path=[tests]))
    done = subprocess.run(
        [sys.executable, "site_of_test.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines()[:2] == ["observe GET /a 2", "observe GET /s 2"], done.stderr
    assert done.stdout.splitlines()[2:4] == ["enforce GET /a 2", "enforce GET /s 2"], done.stderr


# --- what makes tasks past the factory, or inherits a context that is not its own


@contextlib.asynccontextmanager
async def aiohttp_server(handler):
    from aiohttp import web

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def test_aiohttp_whose_server_makes_its_tasks_past_the_factory():
    _needs.module("aiohttp")
    from aiohttp import ClientSession, web

    seen = []

    async def handler(request):
        async with open_scope("handler") as scope:
            await asyncio.gather(work(), work())
            seen.append((scope.statistics().spawned, scope._budget.parent))
        return web.Response(text="ok")

    async def handle():
        async with ClientSession() as session, session.get(f"http://localhost:{port}/") as answer:
            assert await answer.text() == "ok"

    async def main():
        nonlocal port
        with attached():
            async with aiohttp_server(handler) as port:
                async with open_scope("around the server"):
                    pass
                return await counts(handle)

    port = 0
    own, _others = asyncio.run(main())
    assert own == 0  # its client asks DNS and waits for closing in tasks that are a driver's
    assert seen == [(2, None)]


def test_grpc_whose_calls_inherit_the_context_of_who_started_the_server():
    _needs.module("grpc")
    import grpc
    from grpc import aio

    seen = []

    async def method(message, context):
        async with RequestScope("rpc", Policy(), timeout=None, budget=50) as scope:
            await asyncio.gather(work(), work())
            seen.append((scope.statistics().spawned, scope._budget.parent))
        return b"answer"

    async def main():
        with attached() as runtime:
            # A server should not be started inside a scope; if it is, its calls are not children.
            async with open_scope("around the server", budget=3) as around:
                server = aio.server()
                handlers = {"m": grpc.unary_unary_rpc_method_handler(method)}
                server.add_generic_rpc_handlers(
                    (grpc.method_handlers_generic_handler("s", handlers),)
                )
                port = server.add_insecure_port("127.0.0.1:0")
                await server.start()
                async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                    for _ in range(3):
                        assert await channel.unary_unary("/s/m")(b"question") == b"answer"
                await server.stop(0)
                refused = around.statistics().refused
            return refused, runtime.statistics().failures

    assert asyncio.run(main()) == (0, 0)
    assert seen == [(2, None)] * 3


def test_a_websocket_of_uvicorns_kind_keeps_its_pings_to_itself():
    """The library makes tasks for keep-alive in the context of whoever connects."""
    _needs.module("websockets")
    from websockets.asyncio.client import connect
    from websockets.asyncio.server import serve

    async def echo(socket):
        async for message in socket:
            await socket.send(message)

    async def handle():
        async with serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}", proxy=None) as socket:
                await socket.send("x")
                assert await socket.recv() == "x"

    assert asyncio.run(counts(handle))[0] == 0


def test_httpx_inside_a_request_into_another_application():
    """A request within a request, in one process: each has its own scope."""
    httpx = pytest.importorskip("httpx")
    names = []

    async def inner(scope, receive, send):
        await asyncio.gather(work(), work())
        names.append(current_scope().name)
        await respond(send, 200, b"ok")

    async def outer(scope, receive, send):
        app = RequestScopeMiddleware(inner, enforce=False)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            assert (await client.get("/inner")).text == "ok"
        names.append(current_scope().name)
        await respond(send)

    async def main():
        with attached() as runtime:
            await Exchange().run(runtime.wrap(outer))
            return runtime.statistics().requests

    assert asyncio.run(main()) == 2
    assert names == ["GET /inner", "GET /thing"]
