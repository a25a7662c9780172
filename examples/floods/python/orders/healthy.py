"""What the other routes do, as it should be done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

import snowshed
from orders.database import database
from orders.queues import Receipt

routes = APIRouter()
mails: asyncio.Queue[Receipt] = asyncio.Queue(maxsize=100)


async def mail_all() -> None:
    """Mail receipts, as long as the service runs."""
    while True:
        await mails.get()
        await asyncio.sleep(0.002)


async def count_mails() -> None:
    """Tell once a minute how many mails wait."""
    while True:
        await asyncio.sleep(60)
        print(f"{mails.qsize()} mails wait")


@asynccontextmanager
async def workers(_: FastAPI) -> AsyncIterator[None]:
    """Have workers that are idle between two orders, and end with the service."""
    tasks = [asyncio.create_task(mail_all()) for _ in range(4)]
    tasks.append(asyncio.create_task(count_mails()))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@routes.get("/healthy")
async def healthy() -> str:
    """Price a list, a few items at a time, and mail the receipt."""
    async with snowshed.open_scope("prices", timeout=5) as scope:
        cents = sum([each async for each in scope.map(database.price, range(12), limit=4)])
    await asyncio.wait_for(mails.put(Receipt(1, cents)), timeout=5)
    return f"{cents} is paid"
