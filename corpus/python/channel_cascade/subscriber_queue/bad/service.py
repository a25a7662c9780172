"""Who watches a page of news gets a queue, which has no limit and is never given back.

A browser that does not read, or has gone, is not noticed: the news for it go on to be kept. Each
one that ever looked costs a copy of all that was published since.

Cause: channel-cascade. In the wild: utksh1/SecuScan#412, omnigent-ai/omnigent#2466.
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route


class News:
    """Tells all who watch."""

    def __init__(self) -> None:
        self.watchers: list[asyncio.Queue[str]] = []

    def watch(self) -> asyncio.Queue[str]:
        """Return a queue of all that is published from now on."""
        queue: asyncio.Queue[str] = asyncio.Queue()  # bug: SN311
        self.watchers.append(queue)
        return queue

    def publish(self, text: str) -> None:
        """Tell all."""
        for queue in self.watchers:
            queue.put_nowait(text)  # bug: SN311


async def events(queue: asyncio.Queue[str]) -> AsyncIterator[str]:
    """Yield what the browser reads."""
    while True:
        yield f"data: {await queue.get()}\n\n"


async def stream(request: Request) -> StreamingResponse:
    """Let somebody watch."""
    queue = request.app.state.news.watch()
    return StreamingResponse(events(queue), media_type="text/event-stream")


app = Starlette(routes=[Route("/news", stream)])
app.state.news = News()
