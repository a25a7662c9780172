"""Tasks that nobody owns, and too many of them."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from orders.database import database
from orders.queues import start

routes = APIRouter()


class AuditError(Exception):
    """The audit does not answer."""


async def send_to_audit(order: int) -> None:
    """Tell the audit of an order."""
    raise AuditError(order)


async def audit(order: int) -> None:
    """Tell the audit of an order, in as many attempts as it takes."""
    wait = 1.0
    while True:
        try:
            return await send_to_audit(order)
        except AuditError:
            await asyncio.sleep(wait)
            wait *= 2


@routes.get("/detached-handler-task")
async def detached_handler_task() -> str:
    """Take an order, and have it audited meanwhile."""
    start(asyncio.create_task(audit(1)))  # Wrong: nobody owns it: no limit, nothing that ends it.
    return "taken"


exports: dict[int, asyncio.Task[None]] = {}


async def export(order: int) -> None:
    """Write an order for the bookkeepers."""
    await asyncio.sleep(0.001)
    raise OSError(28, f"no space left for order {order}")


@routes.get("/unretrieved-exception")
async def unretrieved_exception() -> str:
    """Take an order, and have it exported meanwhile."""
    order = len(exports)
    exports[order] = asyncio.create_task(export(order))  # Wrong: nobody asks how it ended.
    return f"order {order} is taken"


@routes.get("/fanout")
async def fanout() -> int:
    """Price 200 items."""
    # Wrong: 200 at once, for a database with 8 connections.
    return sum(await asyncio.gather(*(database.price(item) for item in range(200))))


class Bundles:
    """Prices of bundles: of which each is looked up once, by whoever asks first."""

    def __init__(self) -> None:
        """Begin with no price."""
        # Wrong: each is a part of the other.
        self.parts = {"tea set": ("pot", "cup"), "pot": ("tea set",)}
        self.asked: dict[str, asyncio.Task[int]] = {}

    async def price(self, item: str) -> int:
        """Tell what an item costs, with all that is in it."""
        if item not in self.asked:
            self.asked[item] = asyncio.create_task(self._add_up(item))
        return await self.asked[item]

    async def _add_up(self, item: str) -> int:
        return await database.price(1) + sum(
            [await self.price(part) for part in self.parts.get(item, ())]
        )


@routes.get("/await-cycle")
async def await_cycle() -> int:
    """Price a tea set."""
    return await Bundles().price("tea set")
