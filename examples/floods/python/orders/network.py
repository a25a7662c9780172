"""Calls over the network that wait for ever, or are never ended."""

from __future__ import annotations

import asyncio

import aiohttp
from fastapi import APIRouter

from orders.partners import CARRIER, CARRIER_PORT

routes = APIRouter()


@routes.get("/io-no-deadline")
async def io_no_deadline() -> str:
    """Print a label, at a printer of the carrier's that has a protocol of its own."""
    said, to_say = await asyncio.open_connection(CARRIER, CARRIER_PORT)
    to_say.write(b"LABEL 1\n")
    label = await said.readline()  # Wrong: it may take for ever.
    to_say.close()
    return label.decode()


@routes.get("/transport-no-timeout")
async def transport_no_timeout() -> str:
    """Ask the carrier where a parcel is."""
    patient = aiohttp.ClientTimeout(total=None)  # Wrong: it may take for ever.
    async with (
        aiohttp.ClientSession(timeout=patient) as carrier,
        carrier.get(f"http://{CARRIER}:{CARRIER_PORT}/parcel/1") as answer,
    ):
        return await answer.text()


sessions: list[aiohttp.ClientSession] = []


@routes.get("/unclosed-client")
async def unclosed_client() -> str:
    """Sign a customer in at the carrier's."""
    session = aiohttp.ClientSession()  # Wrong: a client for each customer, and nobody closes it.
    session.cookie_jar.update_cookies({"customer": str(len(sessions))})
    sessions.append(session)
    return "signed in"
