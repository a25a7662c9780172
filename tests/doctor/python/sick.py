"""A service of aiohttp with a fault on each route.

usage: python sick.py PORT, or gunicorn -k aiohttp.GunicornWebWorker sick:app
"""

from __future__ import annotations

import asyncio
import os
import sys

import aiohttp
import anyio
from aiohttp import web

kept: list[object] = []
lock = asyncio.Lock()
first, second = anyio.Lock(), anyio.Lock()
never: asyncio.Queue[int] = asyncio.Queue()


async def unclosed_client(_: web.Request) -> web.Response:
    session = aiohttp.ClientSession()
    kept.append(session)
    return web.Response(text="asked")


async def lock_across_channel(_: web.Request) -> web.Response:
    async with lock:
        number = await never.get()
    return web.Response(text=f"{number}")


async def double_lock(_: web.Request) -> web.Response:
    async with lock:
        return await again()


async def again() -> web.Response:
    async with lock:
        return web.Response(text="twice")


async def forth() -> None:
    async with first:
        await asyncio.sleep(0.01)
        async with second:  # which `back` has
            pass


async def back() -> None:
    async with second:
        await asyncio.sleep(0.01)
        async with first:  # which `forth` has
            pass


async def lock_order(_: web.Request) -> web.Response:
    await asyncio.gather(forth(), back())
    return web.Response(text="both")


async def detached(_: web.Request) -> web.Response:
    kept.append(asyncio.create_task(asyncio.sleep(3600), name="audit"))
    return web.Response(text="taken")


async def processes(_: web.Request) -> web.Response:
    return web.Response(text=f"{os.getppid()} {os.getpid()}")


app = web.Application()
app.router.add_get("/", processes)
for handler in (unclosed_client, lock_across_channel, double_lock, lock_order, detached):
    app.router.add_get(f"/{handler.__name__.replace('_', '-')}", handler)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
