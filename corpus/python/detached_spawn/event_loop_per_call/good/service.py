"""An endpoint that calls an async library is async, and runs on the loop that is there."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def fetch_price(product: str) -> float:
    """Stand for a library that is async only."""
    await asyncio.sleep(0)
    return float(len(product))


async def price(request: Request) -> JSONResponse:
    """Say what a product costs."""
    amount = await fetch_price(request.path_params["product"])
    return JSONResponse({"price": amount})


app = Starlette(routes=[Route("/prices/{product}", price)])
