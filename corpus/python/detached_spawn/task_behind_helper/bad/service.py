"""Who is told of a comment is told by a helper, which starts a task for each comment.

Neither the handler nor the helper looks wrong alone: one calls a plain function, the other keeps
its tasks. Together they start a task per request that no one waits for.

Cause: detached-spawn.
"""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class Notifier:
    """Pushes news to telephones."""

    def __init__(self, push: object) -> None:
        self.push = push
        self.sending: set[asyncio.Task[None]] = set()

    def notify(self, reader: str, text: str) -> None:
        """Have somebody told."""
        task = asyncio.create_task(self.send(reader, text))  # bug: SN101
        self.sending.add(task)
        task.add_done_callback(self.sending.discard)

    async def send(self, reader: str, text: str) -> None:
        """Tell somebody."""
        await self.push.send(reader, text)


async def comment(request: Request) -> JSONResponse:
    """Take a comment."""
    body = await request.json()
    request.app.state.notifier.notify(body["to"], body["text"])  # bug: SN101
    return JSONResponse({}, status_code=201)


app = Starlette(routes=[Route("/comments", comment, methods=["POST"])])


def start(push: object) -> None:
    """Give the service what it sends with."""
    app.state.notifier = Notifier(push)
