"""What follows an order is part of its request: a group owns the tasks, and a limit ends them."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def place_order(request: Request) -> JSONResponse:
    """Take an order."""
    order = await request.json()
    shop = request.app.state.shop
    try:
        async with asyncio.timeout(2), asyncio.TaskGroup() as group:
            group.create_task(shop.reserve(order["id"]))
            group.create_task(shop.invoice(order["id"]))
            group.create_task(shop.mail(order["id"]))
    except TimeoutError:
        return JSONResponse({"status": "try again"}, status_code=503)
    return JSONResponse({"status": "accepted"}, status_code=202)


app = Starlette(routes=[Route("/orders", place_order, methods=["POST"])])
app.state.follow_ups = []
