"""A confirmation is mailed by a thread of a pool, and its request does not wait for that.

The pool has two threads, so their number is bounded. What is not is the queue in front of them: it
takes a job for each request, at once and without an end. Nobody sees when a mail fails, as nobody
looks at the future; and at a restart all that wait are gone.

Cause: detached-spawn.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

mailers = ThreadPoolExecutor(max_workers=2)


async def place_order(request: Request) -> JSONResponse:
    """Take an order."""
    order = await request.json()
    loop = asyncio.get_running_loop()
    loop.run_in_executor(mailers, request.app.state.send, order["mail"])  # bug: SN101
    return JSONResponse({"status": "accepted"}, status_code=202)


app = Starlette(routes=[Route("/orders", place_order, methods=["POST"])])
