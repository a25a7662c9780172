"""Work that blocks: the event loop, or all threads that there are for such work."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from fastapi import APIRouter

from orders.partners import CARRIER, CARRIER_PORT

routes = APIRouter()


def ask_carrier(timeout: float) -> bytes:
    """Ask the carrier for a label, and let the thread wait for it."""
    with socket.create_connection((CARRIER, CARRIER_PORT), timeout) as printer:
        printer.sendall(b"LABEL 1\n")
        return printer.recv(1000)


@routes.get("/blocked-loop")
async def blocked_loop() -> str:
    """Print a label, and give up after two seconds."""
    with suppress(TimeoutError):
        ask_carrier(timeout=2)  # Wrong: nobody else is served for as long.
    return "printed"


@routes.get("/executor-starved")
async def executor_starved() -> str:
    """Print a label, in a thread."""
    # Wrong: each takes a thread for a minute, and there are only a few.
    with suppress(TimeoutError):
        await asyncio.to_thread(ask_carrier, timeout=60)
    return "printed"
