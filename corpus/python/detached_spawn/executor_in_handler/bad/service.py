"""A request looks in two stores at once, with an executor that it makes for that.

An executor is a pool of threads, and each request has one of its own, so there is no limit to the
threads of the service. They end when the executor is collected, which is later.

Cause: detached-spawn. In the wild: mem0ai/mem0#4586, a service that grew by a thread a minute.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def search(request: Request) -> JSONResponse:
    """Ask both stores, whose clients are blocking ones."""
    words = request.query_params["q"]
    stores = request.app.state.stores
    loop = asyncio.get_running_loop()
    executor = ThreadPoolExecutor(max_workers=2)  # bug: SN103
    vectors, graph = await asyncio.gather(
        loop.run_in_executor(executor, stores.vectors, words),
        loop.run_in_executor(executor, stores.graph, words),
    )
    return JSONResponse({"found": [*vectors, *graph]})


app = Starlette(routes=[Route("/search", search)])
