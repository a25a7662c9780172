"""A call to the next service in a row: HTTP over connections that stay open."""

from __future__ import annotations

import asyncio
import re

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Next:
    """The next service; it has as many connections as there are calls at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[Streams] = []

    async def get(self, path: str) -> int:
        """Ask for ``path`` and return the status; a caller that goes away closes its connection."""
        reader, writer = await self._open()
        try:
            writer.write(b"GET %s HTTP/1.1\r\nhost: next\r\n%s\r\n" % (path.encode(), _deadline()))
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
        except BaseException:
            writer.transport.abort()
            raise
        if b"connection: close" in head.lower():
            writer.close()
        else:
            self._idle.append((reader, writer))
        return int(head[9:12])

    async def _open(self) -> Streams:
        while self._idle:
            streams = self._idle.pop()
            if not streams[0].at_eof():
                return streams
        return await asyncio.open_connection("127.0.0.1", self._port)


def _deadline() -> bytes:
    """Return the header that hands on the time which is left, if snowshed knows one."""
    from snowshed import remaining

    left = remaining()
    return b"" if left is None else b"x-request-timeout-ms: %d\r\n" % max(left * 1000, 1)
