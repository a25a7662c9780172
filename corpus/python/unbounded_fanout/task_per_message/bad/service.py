"""Each message of a WebSocket is answered by a task of its own, so that reading never stops.

That is the trouble with it: a client that sends faster than it is answered is never slowed down.
What TCP would have kept in the client's own buffers is now a task for each message in ours.

Cause: unbounded-fanout.
"""

import asyncio

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket


async def chat(socket: WebSocket) -> None:
    """Answer whatever comes."""
    await socket.accept()
    answering: set[asyncio.Task[None]] = set()
    while True:
        message = await socket.receive_json()
        task = asyncio.create_task(answer(socket, message))  # bug: SN403
        answering.add(task)
        task.add_done_callback(answering.discard)


async def answer(socket: WebSocket, message: dict[str, str]) -> None:
    """Answer one message."""
    text = await socket.app.state.model.complete(message["text"])
    await socket.send_json({"text": text})


app = Starlette(routes=[WebSocketRoute("/chat", chat)])
