"""The service of `fastapi_throughput`, with two routes.

The first does as little as a service can, so that whatever is added to it shows most. The second
does what snowshed is for: it reads a body, asks for a few things at once, and answers with them.
"""

from __future__ import annotations

import asyncio

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    """What the service sells."""

    number: int
    name: str
    price: float


class Cart(BaseModel):
    """What the caller wants to buy."""

    numbers: list[int]


@app.get("/item")
async def item(number: int) -> Item:
    return Item(number=number, name=f"item {number}", price=number / 100)


@app.post("/cart")
async def cart(cart: Cart) -> list[Item]:
    return await asyncio.gather(*(_look_up(number) for number in cart.numbers))


async def _look_up(number: int) -> Item:
    await asyncio.sleep(0)
    return await item(number)
