"""A client sends a thousand messages without a pause."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from corpus.floods._world import Slow, Tasks

MEASURES = "tasks alive at once for 1 client that sends 1000 messages"
AT_MOST = 10
VIRTUAL = True


async def flood(service: Any) -> float:
    """Chat."""
    service.app.state.model = Slow(1)
    tasks = Tasks()
    texts = [json.dumps({"text": f"{number}"}) for number in range(1000)]
    received: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    received += [{"type": "websocket.receive", "text": text} for text in texts]
    received.reverse()
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if received:
            return received.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    scope = {"type": "websocket", "path": "/chat", "headers": [], "query_string": b""}
    scope |= {"root_path": "", "scheme": "ws", "subprotocols": []}
    chatting = asyncio.create_task(service.app(scope, receive, send))
    await asyncio.sleep(1000)
    assert sum(answer["type"] == "websocket.send" for answer in answers) == 1000
    chatting.cancel()
    return tasks.most
