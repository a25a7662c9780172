"""Who is told of a comment is told by a helper, which does it before it returns, or gives up.

Only so many are told at the same time.
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
        self.places = asyncio.Semaphore(10)

    async def notify(self, reader: str, text: str) -> bool:
        """Tell somebody; False if that takes too long."""
        try:
            async with asyncio.timeout(0.5), self.places:
                await self.push.send(reader, text)
        except TimeoutError:
            return False
        return True


async def comment(request: Request) -> JSONResponse:
    """Take a comment."""
    body = await request.json()
    told = await request.app.state.notifier.notify(body["to"], body["text"])
    return JSONResponse({"told": told}, status_code=201)


app = Starlette(routes=[Route("/comments", comment, methods=["POST"])])


def start(push: object) -> None:
    """Give the service what it sends with."""
    app.state.notifier = Notifier(push)
