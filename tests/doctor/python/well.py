"""A service of aiohttp that is well, with all that waits in one: for news, work, a turn, the clock.

usage: python well.py PORT REDIS POSTGRES

It has a pool of redis and one of asyncpg, a client of aiohttp that calls itself, stages of
a pipeline that wait for each other, workers, subscribers, WebSockets, a lock that all want, and
short work in threads.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import redis.asyncio
from aiohttp import web

PORT = int(sys.argv[1])
STAGES, WORKERS, SUBSCRIBERS = 12, 8, 30


class Well:
    """What the service has, and what it does."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.jobs: asyncio.Queue[int] = asyncio.Queue(maxsize=50)
        self.parts: asyncio.Queue[int] = asyncio.Queue(maxsize=2)
        self.subscribers: set[asyncio.Queue[str]] = set()

    async def live(self, _: web.Application) -> AsyncIterator[None]:
        self.redis = redis.asyncio.Redis.from_url(sys.argv[2])
        self.client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        async with asyncpg.create_pool(sys.argv[3], min_size=4, max_size=4) as self.database:
            made = [self.produce] * STAGES + [self.consume] + [self.work] * WORKERS
            made += [self.subscribe] * SUBSCRIBERS + [self.publish, self.listen]
            tasks = [asyncio.create_task(each()) for each in made]
            yield
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self.client.close()
        await self.redis.aclose()

    async def produce(self) -> None:
        while True:
            await self.parts.put(1)

    async def consume(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            await self.parts.get()

    async def work(self) -> None:
        while True:
            await self.jobs.get()
            await self.database.fetchval("SELECT pg_sleep(0.002)")
            self.jobs.task_done()

    async def subscribe(self) -> None:
        mine: asyncio.Queue[str] = asyncio.Queue()
        self.subscribers.add(mine)
        while True:
            await mine.get()

    async def publish(self) -> None:
        while True:
            await asyncio.sleep(5)
            for each in self.subscribers:
                each.put_nowait("news")

    async def listen(self) -> None:
        async with self.redis.pubsub() as news:
            await news.subscribe("news")
            async for _ in news.listen():
                pass

    async def handle(self, _: web.Request) -> web.Response:
        count = await self.redis.incr("count")
        async with self.lock:
            await asyncio.sleep(0.001)
        async with asyncio.TaskGroup() as group:
            one = group.create_task(self.database.fetchval("SELECT 1 + $1::int", 41))
            group.create_task(asyncio.to_thread(hashlib.sha256, b"x" * 1000))
        await self.jobs.put(count)
        async with self.client.get(f"http://127.0.0.1:{PORT}/slow") as answer:
            await answer.text()
        background = asyncio.create_task(asyncio.sleep(0.02))
        self.background = background
        return web.Response(text=f"{one.result()}")

    async def slow(self, _: web.Request) -> web.Response:
        await asyncio.sleep(0.02)
        return web.Response(text="slow")

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        answer = web.WebSocketResponse()
        await answer.prepare(request)
        async for _ in answer:
            pass
        return answer

    async def ready(self, _: web.Request) -> web.Response:
        return web.Response(text="ready")


def main() -> None:
    well = Well()
    app = web.Application()
    app.cleanup_ctx.append(well.live)
    app.router.add_get("/", well.ready)
    app.router.add_get("/handle", well.handle)
    app.router.add_get("/slow", well.slow)
    app.router.add_get("/socket", well.socket)
    web.run_app(app, host="127.0.0.1", port=PORT, print=None, access_log=None)


main()
