"""Twenty questions are asked, one is answered, and the server goes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from corpus.floods._world import unanswered

MEASURES = "questions of 20 that still wait for an answer, after the connection is lost"
AT_MOST = 0
VIRTUAL = False


async def flood(service: Any) -> float:
    """Ask."""
    gone = asyncio.Event()

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(20):
            asked = json.loads(await reader.readline())
            if number == 0:
                answer = json.dumps({"id": asked["id"], "result": asked["ask"]})
                writer.write(answer.encode() + b"\n")
        writer.close()
        gone.set()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    remote = service.Remote(*await asyncio.open_connection("127.0.0.1", port))
    asked = [asyncio.create_task(remote.ask(f"{number}")) for number in range(20)]
    assert await asked[0] == "0"
    stuck = await unanswered(asked, gone.is_set)
    server.close()
    return stuck
