"""All requests share the HTTP session of the service."""

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web


async def session_of(app: web.Application) -> AsyncIterator[None]:
    """Own the session."""
    async with aiohttp.ClientSession() as session:
        app["session"] = session
        yield


async def forecast(request: web.Request) -> web.Response:
    """Say what the weather will be."""
    async with request.app["session"].get(request.app["weather"]) as answer:
        return web.json_response(await answer.json(content_type=None))


app = web.Application()
app.cleanup_ctx.append(session_of)
app.router.add_get("/forecast", forecast)
