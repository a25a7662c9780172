"""Questions and answers share a connection; when it is lost, those who wait are not told.

Each question has a future that its answer sets. The task that reads ends with the connection, and
with it the only one who could set them. The service reconnects; the old questions wait for ever.

Cause: channel-cascade. In the wild: modelcontextprotocol/python-sdk#332, gpajot/local-tuya#309.
"""

import asyncio
import itertools
import json


class Remote:
    """Asks a server, many questions at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.numbers = itertools.count()
        self.waiting: dict[int, asyncio.Future[object]] = {}
        self.reading = asyncio.create_task(self.read())

    async def read(self) -> None:
        """Hand each answer to who has asked."""
        while line := await self.reader.readline():
            answer = json.loads(line)
            self.waiting.pop(answer["id"]).set_result(answer["result"])
        self.writer.close()  # bug: SN316

    async def ask(self, question: str) -> object:
        """Return the answer."""
        number = next(self.numbers)
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        self.writer.write(json.dumps({"id": number, "ask": question}).encode() + b"\n")
        await self.writer.drain()
        return await future  # bug: SN316
