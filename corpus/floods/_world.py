"""What the floods have in common: clients, servers and counters."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 0.15
"""Seconds that a service waits for somebody silent, if it has a limit at all and we may set it."""
LONG = 0.8
"""Seconds after which nobody still waits who has such a limit."""


class Tasks:
    """Counts the tasks that are alive on the running loop, and the most there were."""

    def __init__(self) -> None:
        self.live = 0
        self.most = 0
        asyncio.get_running_loop().set_task_factory(self._started)

    def _started(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Any:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, **options)
        self.live += 1
        self.most = max(self.most, self.live)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, _task: object) -> None:
        self.live -= 1


class Slow:
    """Something behind the service that takes ``seconds`` for whatever it is asked.

    Attributes:
        inside: how many calls it has at this time.
        most: how many it had at one time.
        calls: with what it was called.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.inside = 0
        self.most = 0
        self.calls: list[Any] = []

    async def __call__(self, *arguments: Any) -> Any:
        self.calls.append(arguments)
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.inside -= 1
        return arguments[0] if arguments else None

    def __getattr__(self, name: str) -> Any:
        """Any method takes its time."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self.__call__


@asynccontextmanager
async def clients(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of an ASGI application that has started; there is no socket between them."""
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://shop", timeout=None) as client,
    ):
        yield client


async def settled(turns: int = 20) -> None:
    """Let everything run that can run now."""
    for _ in range(turns):
        await asyncio.sleep(0)


def open_files() -> int:
    """Return how many files this process has open; sockets are files."""
    folder = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")
    return sum(1 for _ in folder.iterdir())


class Silent:
    """A server that accepts whoever comes and never says a word.

    Attributes:
        port: where it listens.
    """

    def __init__(self, listening: socket.socket) -> None:
        self.port: int = listening.getsockname()[1]
        self._listening = listening
        self._guests: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def has(self, guests: int) -> Callable[[], bool]:
        """Return what tells whether so many have come."""
        return lambda: len(self._guests) >= guests

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._guests.append(self._listening.accept()[0])


@contextmanager
def silent() -> Iterator[Silent]:
    """Yield a server that never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        yield Silent(listening)


class Patience:
    """Runs out ``LONG`` seconds after something has begun.

    On a busy machine it can take seconds until a caller has come as far as to wait. Only from then
    on does it count how long it does.
    """

    def __init__(self, begun: Callable[[], object]) -> None:
        self._begun = begun
        self._since = float("inf")
        self._limit = time.monotonic() + 20

    def is_over(self) -> bool:
        """Tell whether whoever still waits will do so for ever."""
        now = time.monotonic()
        if self._begun():
            self._since = min(self._since, now)
        return now > min(self._since + LONG, self._limit)


def still_stuck(calls: list[Callable[[], object]], begun: Callable[[], object]) -> int:
    """Make each call in a thread and return how many have not returned long after it ``begun``."""

    def made(call: Callable[[], object]) -> None:
        # What it raises is the end of it, too.
        with suppress(Exception):
            call()

    threads = [threading.Thread(target=made, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    patience = Patience(begun)
    for thread in threads:
        while thread.is_alive() and not patience.is_over():
            thread.join(0.01)
    return sum(thread.is_alive() for thread in threads)


async def unanswered(asked: list[asyncio.Task[Any]], begun: Callable[[], object]) -> int:
    """Return how many of the tasks have not ended long after it ``begun``; then end them."""
    patience = Patience(begun)
    pending = set(asked)
    while pending and not patience.is_over():
        _, pending = await asyncio.wait(pending, timeout=0.01)
    for task in pending:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    return len(pending)


class Server:
    """An HTTP server that knows its connections.

    Attributes:
        port: where it listens.
        connections: how many were made to it.
        open: how many of them are open.
        most: how many were open at one time.
    """

    def __init__(self, answer: bytes = b"{}", *, seconds: float = 0.0) -> None:
        self.answer = answer
        self.seconds = seconds
        self.port = 0
        self.connections = 0
        self.open = 0
        self.most = 0

    @property
    def url(self) -> str:
        """Return the address without a path."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Server]:
        """Serve until the block is left."""
        server = await asyncio.start_server(self._served, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            while await self.heard(reader):
                await asyncio.sleep(self.seconds)
                writer.write(self.said())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def heard(self, reader: asyncio.StreamReader) -> bool:
        """Read one request; no more came: False."""
        return bool(await reader.readuntil(b"\r\n\r\n"))

    def said(self) -> bytes:
        """Return the answer to one request."""
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(self.answer), self.answer)


class Store(Server):
    """A Redis that says OK to whatever it is told."""

    async def heard(self, reader: asyncio.StreamReader) -> bool:
        """Read one command: an array of strings."""
        head = await reader.readline()
        for _ in range(int(head[1:] or 0)):
            length = int((await reader.readline())[1:])
            await reader.readexactly(length + 2)
        return bool(head)

    def said(self) -> bytes:
        """Return a simple string."""
        return b"+OK\r\n"
