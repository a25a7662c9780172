"""An upload names files, and four workers in a group resize them."""

import asyncio
from collections import deque

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def resize(request: Request) -> JSONResponse:
    """Make small pictures of large ones."""
    body = await request.json()
    pictures = request.app.state.pictures
    left = deque(body["files"])

    async def work() -> None:
        while left:
            await pictures.resize(left.popleft())

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(work())
    return JSONResponse({"resized": len(body["files"])})


app = Starlette(routes=[Route("/resize", resize, methods=["POST"])])
