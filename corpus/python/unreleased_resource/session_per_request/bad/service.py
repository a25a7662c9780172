"""Each request makes an HTTP session of its own, for one call.

The session is closed, so nothing leaks. But a session is a pool of connections, and a pool that
lives for one call never has one to give again: each request resolves the name, connects and shakes
hands. In a flood the ports run out, as each stays reserved for a minute.

Cause: unreleased-resource. In the wild: lablup/backend.ai#4477, beda-software/fhir-py#93,
Tert0/fastapi-discord#9.
"""

import aiohttp
from aiohttp import web


async def forecast(request: web.Request) -> web.Response:
    """Say what the weather will be."""
    async with aiohttp.ClientSession() as session:  # bug: SN503
        async with session.get(request.app["weather"]) as answer:
            return web.json_response(await answer.json(content_type=None))


app = web.Application()
app.router.add_get("/forecast", forecast)
