"""ASGI: one scope around each HTTP request and each WebSocket connection, never the lifespan.

Under `snowshed run` it is put around the application by itself. In code::

    app.add_middleware(RequestScopeMiddleware, budget=50, timeout=2.0)

It has to be the outermost middleware to see everything. Where the policy enforces:

* A response that has not begun at the deadline becomes a 504. From its first byte on a response
  may take its time: a stream or a WebSocket lives as long as it wants.
* A request that ends because a budget was exceeded becomes a 503 with ``Retry-After``. Frameworks
  turn an unknown exception into a 500 before we see it, so a 500 is held back until the
  application has returned and it is known why.
* A client that has gone takes its request with it. To notice, somebody must wait for the next
  message, and may steal none from the application: the watch begins late, only when no body is
  left to read, and what it reads is handed on. An application that listens by itself is left
  alone.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import Context
from typing import Any, Literal

from snowshed.core._budget import CURRENT
from snowshed.errors import BudgetExceeded, DeadlineExceeded
from snowshed.integrations._headers import tightened
from snowshed.integrations._observed import ObservedRequest
from snowshed.integrations._request import Policy, RequestScope, is_around_this_task

__all__ = ["RequestScopeMiddleware"]

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

RETRY_AFTER = b"1"
# Most requests have ended by then, and have never paid for a watch.
WATCH_AFTER = 0.1
HELD_AT_MOST = 64 * 1024
TRY_AGAIN_LATER = 1013
# For the client, who can do nothing about scopes; the cause is in the report.
_TOO_MUCH = "The request would have needed more work at once than the service allows."
_TOO_LATE = "The response was not ready in time."


class RequestScopeMiddleware:
    """Opens a scope around each request: a budget of tasks, a deadline, an end for what it began.

    Args:
        app: the ASGI application.
        budget: live tasks of one request while it is handled; None: any number.
        timeout: seconds until the response must have begun; None: any time. Callers can tighten
            both by ``x-request-timeout-ms``, ``grpc-timeout`` and ``snowshed-budget``.
        enforce: False: change nothing, only count.
        on_excess: ``reject`` fails the task over budget; ``cancel`` ends the whole request.
        after_budget: live tasks of a request whose response has been sent.
        grace: seconds between the end of a request and the cancellation of what it left behind.

    Raises:
        ValueError: a budget or time that is not positive.

    Without a runtime (`snowshed.init`) only tasks of scopes are counted; with it, all.
    """

    def __init__(
        self,
        app: App,
        *,
        budget: int | None = 50,
        timeout: float | None = None,
        enforce: bool = True,
        on_excess: Literal["reject", "cancel"] = "reject",
        after_budget: int = 10,
        grace: float = 1.0,
    ) -> None:
        for what, value in (("budget", budget), ("timeout", timeout), ("after", after_budget)):
            if value is not None and not value > 0:
                msg = f"RequestScopeMiddleware: {what} must be positive, not {value!r}"
                raise ValueError(msg)
        self.app = app
        self.policy = Policy(
            budget=budget,
            timeout=timeout,
            enforce=enforce,
            on_excess=on_excess,
            after_budget=after_budget,
            grace=grace,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of the server."""
        kind = scope["type"]
        if kind not in {"http", "websocket"}:
            await self.app(scope, receive, send)
        elif not self.policy.enforce:
            await self._observe(scope, receive, send)
        elif kind == "http":
            await self._serve(self._request(scope), scope, receive, send)
        else:
            await self._talk(self._request(scope), scope, receive, send)

    def _request(self, scope: Scope) -> RequestScope:
        policy = self.policy
        timeout, budget = policy.timeout, policy.budget
        if policy.enforce:
            timeout, budget = tightened(scope["headers"], timeout=timeout, budget=budget)
        request = RequestScope(_name_of(scope), policy, timeout=timeout, budget=budget)
        request.info = scope
        return request

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_around_this_task(CURRENT.get()):
            await self._observe_inside(self._request(scope), scope, receive, send)
            return
        request = ObservedRequest(_name_of(scope), self.policy, scope)

        # Not a coroutine of its own: that would cost as much as all the rest that it does.
        def note(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                request.end_response()
            return send(message)

        token = CURRENT.set(request)
        try:
            await self.app(scope, receive, note)
        except BaseException as error:
            if not await request.fail(error):
                raise
        else:
            if request.opened is not None:
                await request.opened.__aexit__(None, None, None)
        finally:
            request.end()
            CURRENT.reset(token)

    async def _observe_inside(
        self, request: RequestScope, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Observe within another scope, for instance that of a second middleware."""

        async def note(message: Message) -> None:
            await send(message)
            _note_phase(request, message)

        async with request:
            await self.app(scope, receive, note)

    async def _serve(
        self, request: RequestScope, scope: Scope, receive: Receive, send: Send
    ) -> None:
        response = _Response(request, send)
        client = _Client(request, scope, receive)
        try:
            async with request:
                client.watch_later()
                await self.app(scope, client.receive, response.send)
        except (BudgetExceeded, DeadlineExceeded, BaseExceptionGroup) as error:
            refusal = _refusal_of(error, request)
            if refusal is None or response.begun:
                await response.release()
                raise
            await _refuse(send, refusal)
            return
        except Exception:
            await response.release()
            raise
        finally:
            client.stop()
        await response.release()

    async def _talk(
        self, request: RequestScope, scope: Scope, receive: Receive, send: Send
    ) -> None:
        closed = False

        async def note(message: Message) -> None:
            nonlocal closed
            closed = closed or message["type"] == "websocket.close"
            _note_phase(request, message)
            await send(message)

        try:
            async with request:
                await self.app(scope, receive, note)
        except (BudgetExceeded, DeadlineExceeded, BaseExceptionGroup) as error:
            refusal = _refusal_of(error, request)
            if refusal is None or closed:
                raise
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": _TOO_MUCH})


def _name_of(scope: Scope) -> str:
    return f"{scope.get('method', 'WS')} {scope['path']}"


def _note_phase(request: RequestScope, message: Message) -> None:
    kind = message["type"]
    if kind in {"http.response.start", "websocket.accept"}:
        request.begin_response()
    elif kind == "http.response.body" and not message.get("more_body", False):
        request.end_response()


def _refusal_of(
    error: BaseException, request: RequestScope
) -> BudgetExceeded | DeadlineExceeded | None:
    """Return why the request was ended by its own limits, or None if that was something else."""
    if isinstance(error, BudgetExceeded):
        return error
    if isinstance(error, DeadlineExceeded):
        return error if error.scope == request.name else None
    if isinstance(error, BaseExceptionGroup):
        found = (_refusal_of(each, request) for each in error.exceptions)
        return next((each for each in found if each is not None), None)
    return None


async def _refuse(send: Send, refusal: BudgetExceeded | DeadlineExceeded) -> None:
    """Answer 503 or 504 with a problem document (RFC 9457)."""
    late = isinstance(refusal, DeadlineExceeded)
    status, title = (504, "Gateway Timeout") if late else (503, "Service Unavailable")
    detail = _TOO_LATE if late else _TOO_MUCH
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if not late:
        headers.append((b"retry-after", RETRY_AFTER))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Response:
    """What the application sends; a 500 is held back until it is known whether it is ours."""

    __slots__ = ("_held", "_request", "_send", "_size", "begun")

    def __init__(self, request: RequestScope, send: Send) -> None:
        self._request = request
        self._send = send
        self._held: list[Message] = []
        self._size = 0
        self.begun = False

    async def send(self, message: Message) -> None:
        if not self.begun and (self._held or message.get("status") == 500):
            self._held.append(message)
            self._size += len(message.get("body", b""))
            if self._size <= HELD_AT_MOST:
                return
            await self.release()
            return
        await self._pass(message)

    async def release(self) -> None:
        """Send what was held back."""
        held, self._held = self._held, []
        for message in held:
            await self._pass(message)

    async def _pass(self, message: Message) -> None:
        self.begun = True
        _note_phase(self._request, message)
        await self._send(message)


class _Client:
    """Hands the client's messages to the application, and notices when the client has gone."""

    __slots__ = (
        "_listens",
        "_news",
        "_pending",
        "_read",
        "_receive",
        "_request",
        "_timer",
        "_watch",
    )

    def __init__(self, request: RequestScope, scope: Scope, receive: Receive) -> None:
        self._request = request
        self._receive = receive
        self._pending: deque[Message] = deque()
        self._news: asyncio.Future[None] | None = None
        # With nothing left to read, the next message can only be the client's leaving. If the
        # application waits for it, it wants to deal with it.
        self._read = _has_no_body(scope)
        self._listens = False
        self._watch: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def receive(self) -> Message:
        """Return the next message, as the server's own would."""
        self._listens = True
        while not self._pending:
            if self._watch is None:
                self._pending.append(await self._receive())
            else:
                await self._next_news()
        message = self._pending.popleft()
        self._read = self._read or _is_last(message)
        # Whoever is handed the last of the body does not listen for more yet.
        self._listens = message["type"] != "http.request"
        return message

    async def _next_news(self) -> None:
        if self._news is None:
            self._news = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._news)

    def watch_later(self) -> None:
        """Look after the client, if the request is not over soon."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(WATCH_AFTER, self._begin_watch, loop, context=Context())

    def _begin_watch(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._read and not self._listens:
            self._watch = loop.create_task(self._until_gone(), context=Context())
        else:
            self.watch_later()

    async def _until_gone(self) -> None:
        kind = ""
        while kind != "http.disconnect":
            try:
                message = await self._receive()
            except Exception:  # noqa: BLE001 - a server's own way of saying that nothing comes
                message = {"type": "http.disconnect"}
            kind = message["type"]
            self._pending.append(message)
            if self._news is not None:
                self._news.set_result(None)
                self._news = None
        self._watch = None
        if not self._listens and self._request.phase != "after":
            self._request.cancel("the client has gone")

    def stop(self) -> None:
        """Look after the client no longer."""
        if self._timer is not None:
            self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()


def _is_last(message: Message) -> bool:
    return message["type"] == "http.request" and not message.get("more_body", False)


def _has_no_body(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return False
    return True
