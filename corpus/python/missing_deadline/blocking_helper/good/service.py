"""A handler calls a helper that tries again after a sleep, in a thread: the others go on."""

import asyncio
import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

PAUSE = 0.5


def with_retries(call: Callable[[str], float], argument: str) -> float:
    """Call something that fails now and then."""
    for attempt in range(3):
        try:
            return call(argument)
        except ConnectionError:
            time.sleep(PAUSE * 2**attempt)
    return call(argument)


async def stock(request: Request) -> JSONResponse:
    """Say how many of a product there are."""
    look_up = request.app.state.look_up
    found = await asyncio.to_thread(with_retries, look_up, request.path_params["product"])
    return JSONResponse({"stock": found})


async def ping(request: Request) -> JSONResponse:
    """Say that the service is there."""
    return JSONResponse({})


app = Starlette(routes=[Route("/stock/{product}", stock), Route("/ping", ping)])
