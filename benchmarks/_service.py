"""The service of `fastapi_throughput`: little enough work that whatever is added to it shows."""

from __future__ import annotations

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    """What the service answers."""

    number: int
    name: str
    price: float


@app.get("/items/{number}")
async def item(number: int) -> Item:
    return Item(number=number, name=f"item {number}", price=number / 100)
