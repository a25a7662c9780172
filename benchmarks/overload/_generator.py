"""The sender, a process of its own: open loop, over connections that stay open.

It reads one file: the port, the start on the monotonic clock that all processes share, the bytes of
each kind of request, and when which is sent. When all is over it writes another: what became of
each. A request is sent at its moment whatever became of those before it, on an idle connection or
a new one; a caller whose patience ends closes its connection.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import resource
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any, cast

HOST = "127.0.0.1"
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
TICK = 0.001
GONE = -1
"""Instead of the number of a request: the connection has none."""


class Connection(asyncio.Protocol):
    """One connection, which carries one request at a time."""

    __slots__ = ("_buffer", "_sender", "number", "transport")

    def __init__(self, sender: Sender, number: int) -> None:
        self._sender = sender
        self._buffer = b""
        self.number = number
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request for which it was opened, unless that was given up in the meantime."""
        self.transport = cast("asyncio.Transport", transport)
        if self.number == GONE:
            self._sender.idle.append(self)
        else:
            self._sender.write(self, self.number)

    def data_received(self, data: bytes) -> None:
        """Note the answer when it is complete, and become idle or close."""
        if self._buffer:
            data = self._buffer + data
        head = data.find(b"\r\n\r\n")
        length = LENGTH.search(data, 0, head) if head >= 0 else None
        if head < 0 or (length is not None and len(data) < head + 4 + int(length[1])):
            self._buffer = data
            return
        self._buffer = b""
        number, self.number = self.number, GONE
        self._sender.done(number, int(data[9:12]))
        if b"connection: close" in data[:head].lower():
            self.close()
        else:
            self._sender.idle.append(self)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it
        """Note that no answer will come."""
        self.transport = None
        if self.number != GONE:
            number, self.number = self.number, GONE
            self._sender.done(number, 0)

    def close(self) -> None:
        """Close it at once."""
        if self.transport is not None:
            self.transport.abort()


class Sender:
    """Sends what is due and gives up what took too long."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.idle: list[Connection] = []
        self._port: int = plan["port"]
        self._start: float = plan["start"]
        self._patience: float = plan["patience"]
        self._requests = [text.encode() for text in plan["requests"]]
        self._arrivals: list[tuple[float, int]] = plan["arrivals"]
        self._next = 0
        self._open = len(self._arrivals)
        self._loop = asyncio.get_running_loop()
        self._connections: list[Connection | None] = [None] * self._open
        self._waiting: deque[int] = deque()
        self._opening: set[asyncio.Task[None]] = set()
        self.outcomes: list[tuple[int, float, float]] = [(0, self._patience, 0.0)] * self._open
        self._lates = [0.0] * self._open
        self.over = self._loop.create_future()

    def run(self) -> None:
        """Do what is due, and again a millisecond later, until the last request is over."""
        now = time.monotonic() - self._start
        arrivals, lates = self._arrivals, self._lates
        while self._next < len(arrivals) and arrivals[self._next][0] <= now:
            number = self._next
            self._next += 1
            lates[number] = now - arrivals[number][0]
            self._waiting.append(number)
            self._send(number)
        self._give_up(now - self._patience)
        if self._open:
            self._loop.call_later(TICK, self.run)
        else:
            self.over.set_result(None)

    def _send(self, number: int) -> None:
        while self.idle:
            connection = self.idle.pop()
            if connection.transport is not None and not connection.transport.is_closing():
                connection.number = number
                self._connections[number] = connection
                self.write(connection, number)
                return
        connection = self._connections[number] = Connection(self, number)
        task = self._loop.create_task(self._connect(connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connect(self, connection: Connection) -> None:
        try:
            await self._loop.create_connection(lambda: connection, HOST, self._port)
        except OSError as error:
            connection.connection_lost(error)

    def write(self, connection: Connection, number: int) -> None:
        """Put the request on the wire."""
        if connection.transport is not None:
            connection.transport.write(self._requests[self._arrivals[number][1]])

    def done(self, number: int, status: int) -> None:
        """Note what became of a request."""
        if number == GONE:
            return
        latency = time.monotonic() - self._start - self._arrivals[number][0]
        self.outcomes[number] = (status, latency, self._lates[number])
        self._connections[number] = None
        self._open -= 1

    def _give_up(self, before: float) -> None:
        waiting, arrivals = self._waiting, self._arrivals
        while waiting and arrivals[waiting[0]][0] <= before:
            number = waiting.popleft()
            connection = self._connections[number]
            if connection is not None:
                self.done(number, 0)
                connection.number = GONE
                connection.close()

    async def park(self, count: int) -> list[asyncio.Transport]:
        """Open connections and leave them alone, each after one request, as browsers do."""
        transports = []
        for _ in range(count):
            transport, _ = await self._loop.create_connection(asyncio.Protocol, HOST, self._port)
            transport.write(self._requests[0])
            transports.append(transport)
            await asyncio.sleep(0.005)
        return transports


async def main(plan: dict[str, Any]) -> dict[str, Any]:
    """Carry the plan out and return what became of it."""
    sender = Sender(plan)
    parked = await sender.park(plan["parked"])
    await asyncio.sleep(max(plan["start"] - time.monotonic(), 0))
    sender.run()
    await sender.over
    for transport in parked:
        transport.abort()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"outcomes": sender.outcomes, "cpu": usage.ru_utime + usage.ru_stime}


if __name__ == "__main__":
    import uvloop

    gc.disable()
    orders, outcomes = map(Path, sys.argv[1:])
    sent = uvloop.run(main(json.loads(orders.read_text(encoding="utf-8"))))
    outcomes.write_text(json.dumps(sent), encoding="utf-8")
