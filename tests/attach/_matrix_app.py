"""An application that starts tasks in every way there is; it knows nothing of snowshed.

Only ``/snowshed`` does, which tells what snowshed knows. Run as a program it serves itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import asdict
from typing import Any

import anyio
from fastapi import BackgroundTasks, FastAPI, Request
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI()
kept: set[asyncio.Task[None]] = set()


async def work() -> None:
    await asyncio.sleep(0.01)


async def long_work() -> None:
    await asyncio.sleep(3600)


def hand_over(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.run_coroutine_threadsafe(work(), loop).result(10)


def start_late(loop: asyncio.AbstractEventLoop, request: Request) -> None:
    """Start a task when the request has ended, from a timer that it has set."""
    if "ended" in request.scope["state"]:
        kept.add(loop.create_task(work()))
    else:
        loop.call_later(0.02, start_late, loop, request)


async def in_background() -> None:
    await asyncio.create_task(work())


@app.get("/everything")
async def everything(request: Request, background: BackgroundTasks) -> dict[str, str]:
    """10 tasks and thread jobs of its own, of which one outlives it; one more when it is over."""
    loop = asyncio.get_running_loop()
    await asyncio.create_task(work())  # 1
    await asyncio.gather(work(), work())  # 3
    async with asyncio.TaskGroup() as group:
        group.create_task(work())  # 4
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)  # 5
    await asyncio.wait_for(work(), 10)  # a task on 3.11, and none later: never counted
    await asyncio.shield(work())  # 6
    await asyncio.to_thread(hand_over, loop)  # 8: a thread job, and the task that it hands over
    kept.add(asyncio.create_task(long_work()))  # 9, the outliver
    background.add_task(in_background)  # 10
    loop.call_later(0.02, start_late, loop, request)  # late
    return {"answer": "ok"}


@app.post("/upload")
async def upload(request: Request) -> int:
    """One task of its own, after a body that is larger than what a server buffers."""
    size = len(await request.body())
    await asyncio.create_task(work())
    return size


@app.get("/three")
async def three() -> dict[str, str]:
    await asyncio.gather(work(), work(), work())
    return {"answer": "ok"}


@app.get("/flood")
async def flood() -> dict[str, str]:
    await asyncio.gather(*(work() for _ in range(60)))
    return {"answer": "ok"}


@app.get("/snowshed")
async def snowshed() -> dict[str, Any]:
    runtime = getattr(sys.modules.get("snowshed.attach._init"), "_runtime", None)
    statistics = None if runtime is None else asdict(runtime.statistics())
    loop = type(asyncio.get_running_loop()).__module__
    return {"pid": os.getpid(), "loop": loop, "statistics": statistics}


class TellTheEnd:
    """Outermost of the application's own: notes in the scope when the application has returned."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        state = scope.setdefault("state", {})
        try:
            await self.app(scope, receive, send)
        finally:
            state["ended"] = True


async def pass_on(request: Request, call_next: Any) -> Any:
    """A middleware in the style that costs four tasks of the framework for each request."""
    return await call_next(request)


app.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)
app.add_middleware(TellTheEnd)

if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
