"""Who watches a page of news gets a short queue, and loses it when that is full, or on leaving."""

import asyncio
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route


class News:
    """Tells all who watch."""

    def __init__(self) -> None:
        self.watchers: set[asyncio.Queue[str | None]] = set()

    def watch(self) -> asyncio.Queue[str | None]:
        """Return a queue of all that is published from now on; None in it is the end."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(maxsize=20)
        self.watchers.add(queue)
        return queue

    def publish(self, text: str) -> None:
        """Tell all who keep up."""
        for queue in [*self.watchers]:
            if queue.qsize() < queue.maxsize - 1:
                queue.put_nowait(text)
            else:
                self.watchers.discard(queue)
                queue.put_nowait(None)


async def events(news: News, queue: asyncio.Queue[str | None]) -> AsyncIterator[str]:
    """Yield what the browser reads."""
    try:
        while (text := await queue.get()) is not None:
            yield f"data: {text}\n\n"
    finally:
        news.watchers.discard(queue)


async def stream(request: Request) -> StreamingResponse:
    """Let somebody watch."""
    news = request.app.state.news
    return StreamingResponse(events(news, news.watch()), media_type="text/event-stream")


app = Starlette(routes=[Route("/news", stream)])
app.state.news = News()
