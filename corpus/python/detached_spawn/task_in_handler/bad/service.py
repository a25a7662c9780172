"""An order is audited by a task that its request starts and leaves behind.

The answer is sent at once, so nothing slows the clients down. When the audit service is slow, each
request adds a task that outlives it, and so many are open that memory and sockets end. That the
tasks are kept in a set only means that they are not collected; nobody limits them, waits for them
or cancels them.

Cause: detached-spawn. In the wild: 60 such places in litellm, for each request that passes it.
"""

import asyncio

from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()
background: set[asyncio.Task[None]] = set()


class Order(BaseModel):
    """What a client sends."""

    id: int
    total: float


@app.post("/orders")
async def place_order(order: Order, request: Request) -> dict[str, str]:
    """Take an order."""
    record = request.app.state.audit.record(order.id, order.total)
    task = asyncio.create_task(record)  # bug: SN101
    background.add(task)
    task.add_done_callback(background.discard)
    return {"status": "accepted"}
