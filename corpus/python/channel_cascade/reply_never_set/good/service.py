"""Questions and answers share a connection; when it is lost, those who wait get an error."""

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
        try:
            while line := await self.reader.readline():
                answer = json.loads(line)
                self.waiting.pop(answer["id"]).set_result(answer["result"])
        finally:
            for future in self.waiting.values():
                future.set_exception(ConnectionError("the server has gone"))
            self.waiting.clear()
            self.writer.close()

    async def ask(self, question: str) -> object:
        """Return the answer."""
        if self.reading.done():
            raise ConnectionError("the server has gone")
        number = next(self.numbers)
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        self.writer.write(json.dumps({"id": number, "ask": question}).encode() + b"\n")
        await self.writer.drain()
        return await future
