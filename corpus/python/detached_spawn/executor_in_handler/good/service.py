"""A request looks in two stores at once, with the threads that the service has for all of them."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Own the threads."""
    with ThreadPoolExecutor(max_workers=8) as executor:
        app.state.executor = executor
        yield


async def search(request: Request) -> JSONResponse:
    """Ask both stores, whose clients are blocking ones."""
    words = request.query_params["q"]
    state = request.app.state
    loop = asyncio.get_running_loop()
    vectors, graph = await asyncio.gather(
        loop.run_in_executor(state.executor, state.stores.vectors, words),
        loop.run_in_executor(state.executor, state.stores.graph, words),
    )
    return JSONResponse({"found": [*vectors, *graph]})


app = Starlette(routes=[Route("/search", search)], lifespan=lifespan)
