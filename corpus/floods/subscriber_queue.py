"""Thirty browsers look at the news and leave, one stays and does not read, and there is news."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.floods._world import settled

MEASURES = "news that are kept for 31 browsers, of which 30 have left"
AT_MOST = 40
VIRTUAL = True


async def flood(service: Any) -> float:
    """Watch, leave, and publish."""
    sent: list[Any] = []

    async def browser(*, stays: bool) -> None:
        gone = asyncio.Event()
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body":
                if stays:
                    await asyncio.Event().wait()
                gone.set()

        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/news", "headers": []}
        scope |= {"query_string": b"", "root_path": "", "scheme": "http", "server": ("shop", 80)}
        await service.app(scope, receive, send)

    news = service.app.state.news
    there = [asyncio.create_task(browser(stays=number == 0)) for number in range(31)]
    await settled()
    for number in range(100):
        news.publish(f"number {number}")
        await settled()
    assert sum(message["type"] == "http.response.body" for message in sent) >= 31
    for each in there:
        each.cancel()
    kept: int = sum(queue.qsize() for queue in news.watchers)
    return kept
