"""A blocking endpoint calls an async library on an event loop that it makes for the call.

A loop has a selector and a pair of sockets: three files. It is never closed, and it refers to
itself, so they stay open until the collector comes by. Under load that is after "too many open
files".

Cause: detached-spawn. In the wild: rq/rq#1960, davidteather/TikTok-Api#205.
"""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def fetch_price(product: str) -> float:
    """Stand for a library that is async only."""
    await asyncio.sleep(0)
    return float(len(product))


def price(request: Request) -> JSONResponse:
    """Say what a product costs; Starlette calls it in a thread."""
    loop = asyncio.new_event_loop()  # bug: SN103
    amount = loop.run_until_complete(fetch_price(request.path_params["product"]))
    return JSONResponse({"price": amount})


app = Starlette(routes=[Route("/prices/{product}", price)])
