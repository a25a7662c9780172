"""A search asks all shards and takes what comes in time; what is late is cancelled, and awaited."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def search(request: Request) -> JSONResponse:
    """Ask all shards."""
    words = request.query_params["q"]
    tasks = {asyncio.create_task(shard.find(words)) for shard in request.app.state.shards}
    done, pending = await asyncio.wait(tasks, timeout=0.5)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    found = [task.result() for task in done]
    return JSONResponse({"found": found, "missing": len(pending)})


app = Starlette(routes=[Route("/search", search)])
