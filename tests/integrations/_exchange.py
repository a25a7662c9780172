"""One connection as a server presents it to an ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterable
from typing import Any


class Exchange:
    """An HTTP request with its messages, and what was answered.

    Behaves as uvicorn does: `receive` gives the body part by part and then waits until the client
    has gone or the response is complete; both read as ``http.disconnect``.
    """

    def __init__(
        self,
        *body: bytes,
        method: str = "GET",
        headers: Iterable[tuple[bytes, bytes]] = (),
        http_version: str = "1.1",
    ) -> None:
        self.gone = asyncio.Event()
        self.sent: list[dict[str, Any]] = []
        self.receiving = 0
        parts = body or (b"",)
        self._messages = deque(
            {"type": "http.request", "body": part, "more_body": part is not parts[-1]}
            for part in parts
        )
        length = ((b"content-length", str(sum(map(len, body))).encode()),) if any(body) else ()
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": http_version,
            "method": method,
            "path": "/thing",
            "raw_path": b"/thing",
            "query_string": b"",
            "root_path": "",
            "headers": [*headers, *(length if http_version < "2" else ())],
        }

    async def receive(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.popleft()
        self.receiving += 1
        try:
            await self.gone.wait()
        finally:
            self.receiving -= 1
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.gone.set()

    async def run(self, app: Any) -> Exchange:
        # In a task of its own, as servers do.
        await asyncio.create_task(app(self.scope, self.receive, self.send))
        return self

    @property
    def status(self) -> int | None:
        """Of the response; None if there was none. Two would be a bug of ours."""
        starts = [each["status"] for each in self.sent if each["type"] == "http.response.start"]
        assert len(starts) <= 1
        return starts[0] if starts else None

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(each.get("body", b"") for each in self.sent)

    def problem(self) -> dict[str, Any]:
        """The problem document that was answered, which must be one."""
        assert self.headers[b"content-type"] == b"application/problem+json"
        assert self.headers[b"content-length"] == str(len(self.body)).encode()
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        return document


class Socket:
    """A WebSocket connection with the messages that the client sends, and what was sent to it."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.scope: dict[str, Any] = {"type": "websocket", "path": "/ws", "headers": []}
        self.sent: list[dict[str, Any]] = []
        self._messages = deque([{"type": "websocket.connect"}, *messages])

    async def receive(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.popleft()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def run(self, app: Any) -> Socket:
        # In a task of its own, as servers do.
        await asyncio.create_task(app(self.scope, self.receive, self.send))
        return self


async def respond(send: Any, status: int = 200, *parts: bytes) -> None:
    """Send a whole response."""
    await send({"type": "http.response.start", "status": status, "headers": []})
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
