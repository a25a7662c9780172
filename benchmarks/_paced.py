"""The load generator of `watching`, a process of its own: requests at a rate, or as fast as can be.

Reads lines of ``PORT SECONDS RATE`` and answers each with a line of JSON: the requests per second
that were answered, and the 99th percentile of the seconds that an answer took. At a rate a request
is timed from when it was due, so that an answer that is late also counts for those behind it. A
rate of 0 is no rate: each connection asks as soon as it has its answer.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from statistics import quantiles

from benchmarks._load import ROUTES

CONNECTIONS = 8


async def load(port: int, seconds: float, rate: float) -> dict[str, float]:
    """Ask for so many seconds, and return what is printed."""
    began = time.perf_counter()
    each = CONNECTIONS / rate if rate else 0.0
    connections = (
        _connection(port, began + each * number / CONNECTIONS, began + seconds, each)
        for number in range(CONNECTIONS)
    )
    taken = [one for part in await asyncio.gather(*connections) for one in part]
    passed = time.perf_counter() - began
    return {"rate": len(taken) / passed, "p99": quantiles(taken, n=100, method="inclusive")[98]}


async def _connection(port: int, due: float, until: float, each: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken: list[float] = []
    while (now := time.perf_counter()) < until and due < until:
        if due > now and each:
            await asyncio.sleep(due - now)
        began = due if each else now
        writer.write(ROUTES["item"])
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"not the expected answer: {head!r}")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
        taken.append(time.perf_counter() - began)
        due += each
    writer.close()
    return taken


if __name__ == "__main__":
    for line in sys.stdin:
        where, how_long, how_many = line.split()
        print(
            json.dumps(asyncio.run(load(int(where), float(how_long), float(how_many)))), flush=True
        )
