"""Servers that know no ASGI have a scope around each request, and go on if that fails."""

from __future__ import annotations

import sys

import pytest

import _needs
from _serving import UNDER_SNOWSHED, serving

pytestmark = pytest.mark.server

APP = """
import asyncio, os, sys
if "hurt" in sys.argv:
    import snowshed.attach._other_servers as servers
    def fail(*_, **__): raise AttributeError("it is not there any more")
    servers.import_module = fail
import grpc, grpc.aio
from aiohttp import web

async def flood(request, context=None):
    tasks = [asyncio.create_task(asyncio.sleep(0.05)) for _ in range(20)]
    await asyncio.gather(*tasks)
    return web.Response(text="done") if context is None else b"done"

async def fine(request):
    return web.Response(text="fine")

class Shop(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(flood)

async def by_grpc(request):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{request.app['port']}") as channel:
        try:
            return web.Response(body=await channel.unary_unary("/Shop/Flood")(b""))
        except grpc.aio.AioRpcError as error:
            return web.Response(text=error.code().name)

async def grpc_server(app):
    server = grpc.aio.server(handlers=[Shop()])
    app["port"] = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield
    await server.stop(None)

app = web.Application()
app.router.add_get("/", fine)
app.router.add_get("/flood/{id}", flood)
app.router.add_get("/grpc", by_grpc)
app.cleanup_ctx.append(grpc_server)
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
"""


def served(tmp_path, mode, *words):
    for name in ("aiohttp", "grpc"):
        _needs.module(name)
    (tmp_path / "plain.py").write_text(APP)
    command = (*UNDER_SNOWSHED, "--mode", mode, "--budget", "8", "--")
    return serving((*command, sys.executable, "plain.py", *words), tmp_path)


def test_in_enforce_a_request_over_budget_is_refused_in_the_words_of_each_protocol(tmp_path):
    with served(tmp_path, "enforce") as server:
        answer = server.get("/flood/1")
        assert answer.status == 503
        assert answer.headers["retry-after"] in {"1", "2", "3", "4"}
        assert server.get("/grpc").body == b"RESOURCE_EXHAUSTED"
    log = server.log.read_text()
    assert "GET /flood/{id}" in log
    assert "GRPC /Shop/Flood" in log
    assert "Traceback" not in log


def test_in_observe_it_is_reported_and_answered(tmp_path):
    with served(tmp_path, "observe") as server:
        assert server.get("/flood/1").body == b"done"
        assert server.get("/grpc").body == b"done"
    log = server.log.read_text()
    assert "GET /flood/{id}" in log
    assert "GRPC /Shop/Flood" in log


def test_a_hook_that_fails_is_logged_once_and_requests_are_served(tmp_path):
    with served(tmp_path, "enforce", "hurt") as server:
        assert server.get("/flood/1").body == b"done"
        assert server.get("/grpc").body == b"done"
    log = server.log.read_text()
    assert log.count("snowshed failed at wrapping the aiohttp application") == 1
    assert log.count("snowshed failed at intercepting the calls of grpc") == 1
