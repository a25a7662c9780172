"""An order is put where a fixed number of workers audit it; when that is full, the client is told.

The workers belong to the service: they start and end with it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

WORKERS = 4
log = logging.getLogger(__name__)


class Order(BaseModel):
    """What a client sends."""

    id: int
    total: float


async def audit_orders(state: object, waiting: asyncio.Queue[Order]) -> None:
    """Record one order after another."""
    while True:
        order = await waiting.get()
        try:
            await state.audit.record(order.id, order.total)
        except Exception:
            log.exception("order %d is not audited", order.id)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Own the workers."""
    app.state.waiting = asyncio.Queue(maxsize=20)
    workers = [
        asyncio.create_task(audit_orders(app.state, app.state.waiting)) for _ in range(WORKERS)
    ]
    yield
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


app = FastAPI(lifespan=lifespan)


@app.post("/orders")
async def place_order(order: Order, request: Request) -> dict[str, str]:
    """Take an order, or say that there are too many."""
    try:
        request.app.state.waiting.put_nowait(order)
    except asyncio.QueueFull:
        raise HTTPException(503, "too many orders") from None
    return {"status": "accepted"}
