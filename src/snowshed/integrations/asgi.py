"""ASGI: one scope around each HTTP request and each WebSocket connection, never the lifespan.

Under `snowshed run` it is put around the application by itself. In code::

    app.add_middleware(RequestScopeMiddleware, budget=50, timeout=2.0)

It has to be the outermost middleware to see everything. Where the policy enforces:

* A response that has not begun at the deadline becomes a 504. From its first byte on a response
  may take its time: a stream or a WebSocket lives as long as it wants.
* A request that ends because a budget was exceeded becomes a 503 with ``Retry-After``. Frameworks
  turn an unknown exception into a 500 before we see it, so a 500 is held back until the
  application has returned and it is known why; but only if something was refused, or the request
  was ended.
* A client that has gone takes its request with it. To notice, somebody must wait for the next
  message, and may steal none from the application: the watch begins late, only when no body is
  left to read, and what it reads is handed on. An application that listens by itself is left
  alone.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Literal

from snowshed.core._budget import CURRENT, OUTSIDE
from snowshed.errors import BudgetExceeded, DeadlineExceeded
from snowshed.integrations._asgi_types import App, Message, Receive, Scope, Send
from snowshed.integrations._client import Client
from snowshed.integrations._headers import tightened
from snowshed.integrations._observed import LightRequest
from snowshed.integrations._request import Policy, RequestScope, is_around_this_task

__all__ = ["App", "RequestScopeMiddleware"]

RETRY_AFTER = b"1"
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
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        around = CURRENT.get()
        if self.policy.enforce or (around is not OUTSIDE and is_around_this_task(around)):
            await self._in_scope(scope, receive, send)
            return
        # To observe is written out here: each coroutine more would cost what all of this does.
        request = LightRequest(_name_of, scope, self.policy)

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

    async def _in_scope(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = self._request(scope)
        if not self.policy.enforce:
            await self._observe_inside(request, scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(request, scope, receive, send)
        else:
            await self._talk(request, scope, receive, send)

    def _request(self, scope: Scope) -> RequestScope:
        policy = self.policy
        timeout, budget = policy.timeout, policy.budget
        if policy.enforce:
            timeout, budget = tightened(scope["headers"], timeout=timeout, budget=budget)
        request = RequestScope(_name_of(scope), policy, timeout=timeout, budget=budget)
        request.info = scope
        return request

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
        client = Client(request, scope, receive)
        try:
            async with request:
                client.watch_later()
                await self.app(scope, client.receive, response.send)
        except Exception as error:
            refusal = None if response.begun else _refusal_of(error, request)
            if refusal is None:
                await response.release()
                raise
            await _refuse(send, late=isinstance(refusal, DeadlineExceeded))
        else:
            if response.held and request.refused:
                # The application has made an answer of the refusal by itself.
                await _refuse(send, late=False)
            else:
                await response.release()
        finally:
            client.stop()

    async def _talk(
        self, request: RequestScope, scope: Scope, receive: Receive, send: Send
    ) -> None:
        closed = False

        def note(message: Message) -> Message:
            nonlocal closed
            closed = closed or message["type"] in {"websocket.close", "websocket.disconnect"}
            _note_phase(request, message)
            return message

        async def noting_receive() -> Message:
            return note(await receive())

        async def noting_send(message: Message) -> None:
            await send(note(message))

        try:
            async with request:
                await self.app(scope, noting_receive, noting_send)
        except Exception as error:
            refusal = _refusal_of(error, request)
            if refusal is None or closed:
                raise
            reason = _TOO_LATE if isinstance(refusal, DeadlineExceeded) else _TOO_MUCH
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": reason})


def _name_of(scope: Scope) -> str:
    return f"{scope.get('method', 'WS')} {scope['path']}"


def _note_phase(request: RequestScope, message: Message) -> None:
    kind = message["type"]
    if kind in {"http.response.start", "websocket.accept"}:
        request.begin_response()
    elif kind == "http.response.body" and not message.get("more_body", False):
        request.end_response()


def _refusal_of(
    error: BaseException | None, request: RequestScope
) -> BudgetExceeded | DeadlineExceeded | None:
    """Return why the request was ended by its own limits, or None if that was something else."""
    if isinstance(error, BudgetExceeded):
        return error
    if isinstance(error, DeadlineExceeded):
        return error if error.scope == request.name else None
    if isinstance(error, ExceptionGroup):
        found = (_refusal_of(each, request) for each in error.exceptions)
        return next((each for each in found if each is not None), None)
    cause = None if error is None else error.__cause__
    return cause if isinstance(cause, BudgetExceeded) else None


async def _refuse(send: Send, *, late: bool) -> None:
    """Answer 503 or 504 with a problem document (RFC 9457)."""
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
    """What the application sends; a 500 that may be ours is held back until that is known."""

    __slots__ = ("_request", "_send", "_size", "begun", "held")

    def __init__(self, request: RequestScope, send: Send) -> None:
        self._request = request
        self._send = send
        self.held: list[Message] = []
        self._size = 0
        self.begun = False

    async def send(self, message: Message) -> None:
        if not self.begun and (self.held or self._may_be_ours(message)):
            self.held.append(message)
            self._size += len(message.get("body", b""))
            if self._size > HELD_AT_MOST:
                await self.release()
            return
        await self._pass(message)

    def _may_be_ours(self, message: Message) -> bool:
        request = self._request
        return message.get("status") == 500 and (request.refused > 0 or request.reason is not None)

    async def release(self) -> None:
        """Send what was held back."""
        held, self.held = self.held, []
        for message in held:
            await self._pass(message)

    async def _pass(self, message: Message) -> None:
        self.begun = True
        _note_phase(self._request, message)
        await self._send(message)
