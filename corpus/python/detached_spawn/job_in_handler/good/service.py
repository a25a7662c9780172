"""A confirmation is mailed by a thread of a pool; the request waits for it or is turned away."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

mailers = ThreadPoolExecutor(max_workers=2)
places = asyncio.Semaphore(20)


async def place_order(request: Request) -> JSONResponse:
    """Take an order."""
    order = await request.json()
    loop = asyncio.get_running_loop()
    if places.locked():
        return JSONResponse({"status": "try again"}, status_code=503)
    async with places:
        await loop.run_in_executor(mailers, request.app.state.send, order["mail"])
    return JSONResponse({"status": "accepted"}, status_code=202)


app = Starlette(routes=[Route("/orders", place_order, methods=["POST"])])
