"""A small shop, as services are written: the patient of the demo.

It knows nothing of snowshed. Nothing here imports it, and the demo starts this file with
``uvicorn --app-dir``, so the bare service has not even heard the name.

Everything that the shop sells stands in one inventory database with a fixed number of
connections. A light request looks up three rows of it. ``/report`` looks up one row per item, all
at once, in one line of code that every reviewer has let pass: `asyncio.gather` over a
comprehension. A few of those put thousands of lookups in front of everybody else's three.

What shipping costs a carrier knows, who answers a few questions at once. ``/shipping`` asks it one,
and has no fault at all; there may only be more who want to know than the carrier can answer.

The other handlers hold the remaining causes of a task flood, one each, in the form in which they
are met in the wild. Their faults are deliberate; do not mend them.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException

__all__ = ["app"]

CONNECTIONS = 16
"""Lookups that the database serves at once."""
SERVICE_TIME = 0.020
"""Seconds that one lookup holds a connection: at most 16 / 0.020 = 800 lookups a second."""
CARRIER_CONNECTIONS = 5
"""Questions that the carrier answers at once."""
CARRIER_TIME = 0.100
"""Seconds that it takes to answer one: at most 5 / 0.100 = 50 answers a second."""
SAMPLE_EVERY = 0.1
"""Seconds between two samples of the gauge thread."""

Row = dict[str, Any]


# --- the dependency -------------------------------------------------------------------------------


class Inventory:
    """The database: a few connections, and a queue in front of them that is served in order."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(CONNECTIONS)

    async def fetch(self, item: int) -> Row:
        """Look one item up: encode the query, wait for a connection, wait for the answer."""
        query = json.dumps({"select": "stock", "where": {"item": item}, "hints": [item] * 64})
        with lookups():
            async with self.free:
                await asyncio.sleep(SERVICE_TIME)
            row: Row = json.loads(stored_row(item, len(query)))
            return row


def stored_row(item: int, seed: int) -> str:
    """Return a row as the wire brings it: about two kilobytes of JSON."""
    places = [{"place": f"hall-{n}", "count": (item * seed + n) % 97} for n in range(48)]
    return json.dumps({"item": item, "price": 100 + item % 900, "places": places})


class Carrier:
    """Says what shipping costs: a few connections, and a queue in front that is served in order."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(CARRIER_CONNECTIONS)

    async def quote(self, item: int) -> Row:
        """Wait for a connection, then for the answer."""
        async with self.free:
            await asyncio.sleep(CARRIER_TIME)
        return {"item": item, "cents": 490 + item % 300}


# --- what its operators see: gauges, the same however the shop is started -------------------------


@dataclass(slots=True)
class Lookups:
    """Lookups in flight of one request, now and at most."""

    now: int = 0
    peak: int = 0


_lookups: ContextVar[Lookups | None] = ContextVar("shop_lookups", default=None)


class Gauges:
    """Writes what the process holds to a file, from a thread of its own.

    A thread, because a loop that drowns in tasks would be late with the samples of its drowning.
    A file, because a flooded service does not answer ``/stats`` either.
    """

    def __init__(self) -> None:
        self.request_peak = 0
        self._stop = threading.Event()

    @asynccontextmanager
    async def writing(self, path: str) -> AsyncIterator[None]:
        """Sample until the block is left."""
        loop = asyncio.get_running_loop()
        thread = threading.Thread(target=self._write, args=(loop, Path(path)), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.to_thread(thread.join)

    def read(self, loop: asyncio.AbstractEventLoop) -> dict[str, int | float | None]:
        """Return the gauges as they stand; the clock is `time.monotonic`, one for all processes."""
        return {
            "at": time.monotonic(),
            "tasks": len(asyncio.all_tasks(loop)),
            "rss": resident_bytes(),
            "request_peak": self.request_peak,
        }

    def _write(self, loop: asyncio.AbstractEventLoop, path: Path) -> None:
        with path.open("a", buffering=1) as file:
            while not self._stop.wait(SAMPLE_EVERY):
                file.write(json.dumps(self.read(loop)) + "\n")


gauges = Gauges()


class lookups:  # noqa: N801 - reads as a statement: `with lookups():`
    """Count one lookup of the current request while the block runs."""

    def __enter__(self) -> None:
        self._of = _lookups.get()
        if self._of is not None:
            self._of.now += 1
            self._of.peak = max(self._of.peak, self._of.now)
            gauges.request_peak = max(gauges.request_peak, self._of.peak)

    def __exit__(self, *exc: object) -> None:
        if self._of is not None:
            self._of.now -= 1


def resident_bytes() -> int | None:
    """Return the resident memory of this process; without ``/proc`` its peak so far."""
    if sys.platform == "win32":
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        import resource  # noqa: PLC0415 - absent on Windows, needed on macOS only

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class CountLookups:
    """Give each request a counter of its own."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request with a fresh counter."""
        _lookups.set(Lookups())
        await self.app(scope, receive, send)


# --- the shop -------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Sample the gauges while the shop is open, if ``SHOP_GAUGES`` names a file."""
    path = os.environ.get("SHOP_GAUGES")
    if path is None:
        yield
        return
    async with gauges.writing(path):
        yield


app = FastAPI(title="Shop", lifespan=lifespan)
app.add_middleware(CountLookups)
inventory = Inventory()
carrier = Carrier()


@app.get("/healthz")
async def healthz() -> str:
    """Say that the shop is open."""
    return "open"


@app.get("/stats")
async def stats() -> dict[str, int | float | None]:
    """Show the gauges, as long as the shop still answers."""
    return gauges.read(asyncio.get_running_loop())


@app.get("/product/{item}")
async def product(item: int) -> Row:
    """Show a product: three lookups. This is what the shop lives on."""
    stock, also_bought, supplier = await asyncio.gather(
        inventory.fetch(item), inventory.fetch(item + 1), inventory.fetch(item + 2)
    )
    return {"stock": stock["price"], "also": also_bought["item"], "from": supplier["item"]}


@app.get("/shipping/{item}")
async def shipping(item: int) -> Row:
    """Say what shipping costs: one question to the carrier."""
    return await carrier.quote(item)


@app.get("/report")
async def report(items: int = 500) -> Row:
    """Sum up the stock: unbounded-fanout, one task for each item, all of them at once."""
    rows = await asyncio.gather(*(inventory.fetch(item) for item in range(items)))
    return {"items": len(rows), "value": sum(row["price"] for row in rows)}


# --- the other four causes ------------------------------------------------------------------------


async def write_audit(order: int) -> None:
    """Tell the book-keeping of an order; takes its time."""
    await asyncio.sleep(1)
    await inventory.fetch(order)


@app.post("/order/{order}")
async def place_order(order: int) -> Row:
    """Take an order: detached-spawn, the audit belongs to nobody and fails unseen."""
    asyncio.create_task(write_audit(order))  # type: ignore[unused-awaitable]  # noqa: RUF006
    return {"order": order}


class Partner:
    """A partner's service on one of its bad days: it accepts the question and never answers."""

    def __init__(self) -> None:
        self.recovered = asyncio.Event()

    async def ask(self, item: int) -> Row:
        """Wait for the partner."""
        await self.recovered.wait()
        return {"item": item, "recommended": []}


partner = Partner()


@app.get("/recommendations/{item}")
async def recommendations(item: int) -> Row:
    """Ask the partner: missing-deadline, waits for as long as the partner is silent."""
    return await partner.ask(item)


@app.get("/export")
async def export(items: int = 20) -> Row:
    """Export rows: channel-cascade, the reader stops at the first bad row, the writers queue up."""
    rows: asyncio.Queue[Row] = asyncio.Queue(maxsize=1)

    async def write(item: int) -> None:
        await rows.put(await inventory.fetch(item))

    writers = [asyncio.create_task(write(item)) for item in range(items)]
    for _ in writers:
        row = await rows.get()
        if row["item"] % 7 == 3:
            raise HTTPException(422, f"item {row['item']} has no customs number")
    return {"exported": len(writers)}


class PriceWatch:
    """Keeps a price fresh with a helper task, until it is closed."""

    def __init__(self, item: int) -> None:
        self.price = 100 + item % 900
        self._item = item
        self._helper = asyncio.create_task(self._refresh())

    async def _refresh(self) -> None:
        while True:
            self.price = (await inventory.fetch(self._item))["price"]
            await asyncio.sleep(1)

    def close(self) -> None:
        """Stop the helper."""
        self._helper.cancel()


@app.get("/price/{item}")
async def price(item: int) -> Row:
    """Show a price: unreleased-resource, a sold-out item leaves before the watch is closed."""
    watch = PriceWatch(item)
    if item % 2:
        raise HTTPException(404, f"item {item} is sold out")
    watch.close()
    return {"item": item, "price": watch.price}
