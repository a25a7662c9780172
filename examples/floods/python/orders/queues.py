"""Tasks that hand something to each other, and one side never comes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException

import snowshed

routes = APIRouter()
background: set[asyncio.Task[None]] = set()


@dataclass
class Receipt:
    """What a customer gets once he has paid."""

    order: int
    cents: int


def start(work: asyncio.Task[None]) -> None:
    """Keep a task for as long as it runs."""
    background.add(work)
    work.add_done_callback(background.discard)


async def ask(carrier: str, quotes: asyncio.Queue[tuple[str, int]]) -> None:
    """Ask a carrier what shipping costs."""
    await asyncio.sleep(0.01 * len(carrier))
    await quotes.put((carrier, 490))


@routes.get("/abandoned-sender")
async def abandoned_sender() -> str:
    """Tell the first quote that comes."""
    quotes: asyncio.Queue[tuple[str, int]] = asyncio.Queue(maxsize=1)
    for carrier in ("mule", "coach", "pigeon"):
        start(asyncio.create_task(ask(carrier, quotes)))
    carrier, cents = await quotes.get()
    return f"{carrier} takes {cents}"  # Wrong: nobody takes the other quotes, and one has room.


async def mail_receipt(paid: snowshed.ReceiveChannel[Receipt]) -> None:
    """Mail the receipt as soon as there is one."""
    receipt = await paid.receive()
    print(f"order {receipt.order} is paid: {receipt.cents}")


def charge(cents: int) -> None:
    """Take money from a card."""
    if cents > 5000:
        raise HTTPException(402, "card declined")


@routes.get("/abandoned-receiver")
async def abandoned_receiver() -> str:
    """Pay an order; its receipt is mailed meanwhile."""
    pay, paid = snowshed.open_channel[Receipt](0)
    start(asyncio.create_task(mail_receipt(paid)))
    charge(7700)  # Wrong: if it fails, nobody closes the channel, and the mail waits for ever.
    await pay.send(Receipt(1, 7700))
    return "paid"


class Printer:
    """Prints one label after the other, in a task of its own."""

    def __init__(self) -> None:
        """Begin with an empty queue."""
        self.labels: asyncio.Queue[str] = asyncio.Queue(maxsize=10)
        self.works: asyncio.Task[None] | None = None

    async def print(self, label: str) -> None:
        """Queue a label."""
        if self.works is None:
            self.works = asyncio.create_task(self._work())
        await self.labels.put(label)

    async def _work(self) -> None:
        while True:
            label = await self.labels.get()
            name, street, town = label.split(",")  # Wrong: one odd label, and nobody prints more.
            await asyncio.sleep(0.001 * len(name + street + town))


printer = Printer()


@routes.get("/queue-without-consumer")
async def queue_without_consumer(label: str = "A. Smith; Snowdon") -> str:
    """Have a label printed."""
    await printer.print(label)
    return "printed soon"
