"""An aiohttp server whose requests are handled in scopes, on a real connection."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from snowshed.integrations.aiohttp import setup


@asynccontextmanager
async def serving(*handlers, middlewares=(), sub_apps=(), **options):
    """Serve each handler under its name; yield a function that asks for one."""
    app = web.Application(middlewares=middlewares)
    setup(app, **options)
    for handler in handlers:
        app.router.add_route("*", f"/{handler.__name__}", handler)
    for path, sub in sub_apps:
        app.add_subapp(path, sub)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(url) as client:
            yield client
    finally:
        await runner.cleanup()


def served(*handlers, ask, **options):
    """Return what ``ask(client)`` returns while the handlers are served."""

    async def main():
        async with serving(*handlers, **options) as client:
            return await ask(client)

    return asyncio.run(main())


async def problem(response):
    assert response.content_type == "application/problem+json"
    document = await response.json(content_type=None)
    assert document["status"] == response.status
    return document
