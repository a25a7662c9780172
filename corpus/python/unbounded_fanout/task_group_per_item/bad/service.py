"""An upload names files, and a group of tasks resizes each of them: all at once.

A group owns its tasks and ends them together, so this is well structured. It does not say how many
there may be. The pictures are all in memory at the same time.

Cause: unbounded-fanout.
"""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def resize(request: Request) -> JSONResponse:
    """Make small pictures of large ones."""
    body = await request.json()
    pictures = request.app.state.pictures
    async with asyncio.TaskGroup() as group:
        for name in body["files"]:
            group.create_task(pictures.resize(name))  # bug: SN402
    return JSONResponse({"resized": len(body["files"])})


app = Starlette(routes=[Route("/resize", resize, methods=["POST"])])
