"""Messages of a WebSocket are answered four at a time; before that, no further one is read."""

import asyncio

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


async def chat(socket: WebSocket) -> None:
    """Answer whatever comes."""
    await socket.accept()
    places = asyncio.Semaphore(4)
    try:
        async with asyncio.TaskGroup() as group:
            while True:
                await places.acquire()
                message = await socket.receive_json()
                task = group.create_task(answer(socket, message))
                task.add_done_callback(lambda _: places.release())
    except* WebSocketDisconnect:
        pass


async def answer(socket: WebSocket, message: dict[str, str]) -> None:
    """Answer one message."""
    text = await socket.app.state.model.complete(message["text"])
    await socket.send_json({"text": text})


app = Starlette(routes=[WebSocketRoute("/chat", chat)])
