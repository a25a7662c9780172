"""A real server on loopback that says what it was told, for tests of clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class Echo:
    """Where it listens, what it has been asked, and how often its answers were not waited for."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.abandoned = 0

    async def _echo(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.json_response({name.lower(): value for name, value in request.headers.items()})

    async def _slow(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        try:
            await asyncio.sleep(20)
        finally:
            self.abandoned += 1
        return web.Response()

    async def _trickle(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for part in range(4):
            await response.write(b"%d" % part)
            await asyncio.sleep(0.1)
        return response

    async def _status(self, request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]))

    async def _redirect(self, request: web.Request) -> web.Response:
        location = f"http://localhost:{request.url.port}/echo"
        return web.Response(status=302, headers={"location": location})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/echo", self._echo)
        app.router.add_get("/slow", self._slow)
        app.router.add_get("/trickle", self._trickle)
        app.router.add_get("/status/{status}", self._status)
        app.router.add_get("/redirect", self._redirect)
        return app


@asynccontextmanager
async def echo_server() -> AsyncIterator[Echo]:
    echo = Echo()
    runner = web.AppRunner(
        echo.app(), handler_cancellation=True, access_log=None, shutdown_timeout=0.1
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        echo.url = f"http://127.0.0.1:{port}"
        yield echo
    finally:
        await runner.cleanup()
