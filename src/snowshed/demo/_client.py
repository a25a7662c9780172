"""A minimal HTTP/1.1 client: GET, keep-alive, nothing else.

The load generator shares two cores with the service that it measures, so it must be cheap; and the
demo should need no HTTP client of the user's. What comes back is read and thrown away, only the
status is kept.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_IDLE_AT_MOST = 2.0
"""Seconds; a server closes idle connections, uvicorn after 5 s, and we must be first."""


class ProtocolError(Exception):
    """The server answered something that is not HTTP/1.1 as this client knows it."""


class Connection:
    """One connection to the server, used by one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._idle_since = 0.0

    def is_fresh(self, now: float) -> bool:
        """Tell whether the server has had no reason yet to close this idle connection."""
        gone = self._reader.at_eof() or self._writer.is_closing()
        return not gone and now - self._idle_since < _IDLE_AT_MOST

    def rest(self, now: float) -> None:
        """Note when the connection fell idle."""
        self._idle_since = now

    def abort(self) -> None:
        """Close at once, with whatever is still under way."""
        self._writer.transport.abort()

    async def get(self, host: str, path: str) -> tuple[int, bool]:
        """Send one request; return its status and whether the connection can be used again."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        status, headers = parse_head(await self._reader.readuntil(b"\r\n\r\n"))
        if headers.get("transfer-encoding", "").lower() == "chunked":
            await self._skip_chunks()
        else:
            await self._reader.readexactly(int(headers.get("content-length", "0")))
        return status, headers.get("connection", "").lower() != "close"

    async def _skip_chunks(self) -> None:
        size = -1
        while size != 0:
            size = int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16)
            await self._reader.readexactly(size + 2)


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return the status and the headers, names in lower case, of an answer's head.

    Raises:
        ProtocolError: it is not the head of an HTTP/1 answer.
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        msg = f"the answer began with {first[:60]!r}"
        raise ProtocolError(msg)
    pairs = (line.partition(":") for line in lines if line)
    return int(rest[:3]), {name.lower(): value.strip() for name, _, value in pairs}


class Client:
    """Sends requests to one server over as many connections as there are requests in flight.

    Unbounded on purpose: a bounded pool would queue arrivals on *this* side, and the load would no
    longer be open.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: list[Connection] = []
        self._held: list[Connection] = []

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        for connection in (*self._idle, *self._held):
            connection.abort()
        self._idle.clear()
        self._held.clear()
        await asyncio.sleep(0)  # transports close in the next pass of the loop

    async def hold(self, count: int) -> None:
        """Open connections that are used once, for ``/healthz``, and not again until the end.

        Raises:
            OSError: one could not be made, or was reset.
        """
        for _ in range(count):
            connection = await self._open()
            self._held.append(connection)
            await connection.get(self._host, "/healthz")

    async def get(self, path: str) -> int:
        """Return the status of ``GET path``, its body read to the end.

        Cancelled, or failed, it closes its connection: the answer that may still come belongs to
        nobody.

        Raises:
            OSError: no connection could be made, or it was reset.
            EOFError: the server closed the connection in the middle of an answer.
            ProtocolError: the answer is not HTTP/1.1.
        """
        connection = await self._connect()
        try:
            status, reusable = await connection.get(self._host, path)
        except ValueError as error:
            connection.abort()
            raise ProtocolError(str(error)) from error
        except BaseException:
            connection.abort()
            raise
        self._put_back(connection) if reusable else connection.abort()
        return status

    async def _connect(self) -> Connection:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fresh(now):
                return connection
            connection.abort()
        return await self._open()

    async def _open(self) -> Connection:
        return Connection(*await asyncio.open_connection(self._host, self._port))

    def _put_back(self, connection: Connection) -> None:
        connection.rest(asyncio.get_running_loop().time())
        self._idle.append(connection)
