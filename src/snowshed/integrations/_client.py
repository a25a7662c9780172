"""Noticing that the client of an ASGI request has gone, without stealing its messages.

The only way to notice is to wait for the next message. While a body is being read that message
is the application's. Afterwards the next one can only be the client's leaving, so from then on a
watch may wait for it; what it gets it hands on. An application that waits for it by itself (a
streaming response does, so does whoever asks ``is_disconnected``) wants to deal with it, and is
left alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.integrations._asgi_types import Message, Receive, Scope
    from snowshed.integrations._request import RequestScope

# Most requests have ended by then, and have never paid for a watch.
WATCH_AFTER = 0.1


class Client:
    """Hands the client's messages to the application, and notices when the client has gone."""

    __slots__ = (
        "_due",
        "_listens",
        "_loop",
        "_news",
        "_pending",
        "_read",
        "_receive",
        "_request",
        "_timer",
        "_watch",
        "gone",
    )

    def __init__(self, request: RequestScope, scope: Scope, receive: Receive) -> None:
        self._request = request
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._pending: deque[Message] = deque()
        self._news: asyncio.Future[None] | None = None
        self._read = _has_no_body(scope)
        self._listens = False
        self._due = False
        self._watch: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Whether the request was ended because nobody waits for its answer any more.
        self.gone = False

    async def receive(self) -> Message:
        """Return the next message, as the server's own would."""
        self._listens = True
        while not self._pending:
            if self._watch is None:
                self._pending.append(await self._receive())
            else:
                await self._next_news()
        message = self._pending.popleft()
        if message["type"] == "http.disconnect" and self._request.phase == "handling":
            self.gone = True
        self._read = self._read or _is_last(message)
        # Whoever is handed a part of the body does not listen for more yet.
        self._listens = message["type"] != "http.request"
        self._watch_if_free()
        return message

    async def _next_news(self) -> None:
        if self._news is None:
            self._news = self._loop.create_future()
        await asyncio.shield(self._news)

    def watch_later(self) -> None:
        """Look after the client, if the request is not over soon."""
        self._timer = self._loop.call_later(WATCH_AFTER, self._begin_watch, context=Context())

    def _begin_watch(self) -> None:
        self._due = True
        self._watch_if_free()

    def _watch_if_free(self) -> None:
        if self._due and self._read and not self._listens and self._watch is None:
            self._watch = self._loop.create_task(self._until_gone(), context=Context())

    async def _until_gone(self) -> None:
        message: Message = {"type": "http.request"}
        while message["type"] == "http.request" and not message.get("more_body", False):
            try:
                message = await self._receive()
            except Exception:  # noqa: BLE001 - the application will meet it, if it listens
                self._watched(None)
                return
            self._pending.append(message)
            self._tell()
        self._watched(message)

    def _watched(self, message: Message | None) -> None:
        self._watch = None
        self._tell()
        if message is None:
            self._due = False
        elif message["type"] == "http.request":
            # A body after all, as HTTP/2 need not announce it.
            self._read = False
        elif not self._listens and self._request.phase != "after":
            self.gone = True
            self._request.cancel("the client has gone")

    def _tell(self) -> None:
        news, self._news = self._news, None
        if news is not None:
            news.set_result(None)

    def stop(self) -> None:
        """Look after the client no longer."""
        self._due = False
        if self._timer is not None:
            self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
            self._tell()


def _is_last(message: Message) -> bool:
    return message["type"] == "http.request" and not message.get("more_body", False)


def _has_no_body(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return False
    return True
