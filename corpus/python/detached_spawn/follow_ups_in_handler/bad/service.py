"""What follows an order is started by its request, which neither waits for it nor ends it.

If the mail server hangs, tasks of every order that was ever placed hang there. If one of the three
fails, nobody is told, and the other two go on. If the client goes away, all of them go on.

Cause: detached-spawn. In the wild: infiniflow/ragflow#14330 (a webhook).
"""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def place_order(request: Request) -> JSONResponse:
    """Take an order."""
    order = await request.json()
    shop = request.app.state.shop
    follow_ups = request.app.state.follow_ups
    follow_ups.append(asyncio.create_task(shop.reserve(order["id"])))  # bug: SN101
    follow_ups.append(asyncio.create_task(shop.invoice(order["id"])))  # bug: SN101
    follow_ups.append(asyncio.create_task(shop.mail(order["id"])))  # bug: SN101
    return JSONResponse({"status": "accepted"}, status_code=202)


app = Starlette(routes=[Route("/orders", place_order, methods=["POST"])])
app.state.follow_ups = []
