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

from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, Literal

from snowshed.core._budget import CURRENT, OUTSIDE
from snowshed.errors import Overloaded
from snowshed.integrations._asgi_response import Response, note_phase
from snowshed.integrations._asgi_types import App, Message, Receive, Scope, Send
from snowshed.integrations._client import Client
from snowshed.integrations._entrance import Entrance
from snowshed.integrations._observed import LightRequest
from snowshed.integrations._problem import TOO_LATE, TOO_MANY, TOO_MUCH, Problem, refusal_of, refuse
from snowshed.integrations._request import RequestScope, checked_policy, is_around_this_task
from snowshed.shed._criticality import TrustedPeers

if TYPE_CHECKING:
    from snowshed.shed._admission import Admission, Admitted

__all__ = ["App", "RequestScopeMiddleware"]

TRY_AGAIN_LATER = 1013


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
        admission: which requests are begun at all; None: all.
        trusted: networks of callers that may raise the class of a request, as ``10.0.0.0/8``.

    Raises:
        ValueError: a budget or time that is not positive, a network that is none.

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
        admission: Admission | None = None,
        trusted: Iterable[str] = (),
    ) -> None:
        self.app = app
        self.policy = checked_policy(
            "RequestScopeMiddleware",
            budget=budget,
            timeout=timeout,
            enforce=enforce,
            on_excess=on_excess,
            after_budget=after_budget,
            grace=grace,
        )
        self._admission = admission
        self._entrance = Entrance(self.policy, admission=admission, trusted=TrustedPeers(trusted))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of the server."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        around = CURRENT.get()
        if self.policy.enforce or (around is not OUTSIDE and is_around_this_task(around)):
            await self._in_scope(scope, receive, send)
            return
        if self._admission is not None:
            await self._handle(*self._let_in(scope), scope, receive, send)
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
        if not self.policy.enforce:
            request = RequestScope(
                _name_of(scope), self.policy, timeout=None, budget=self.policy.budget
            )
            request.info = scope
            await self._observe_inside(request, scope, receive, send)
            return
        try:
            request, admitted = self._let_in(scope)
        except Overloaded as error:
            if scope["type"] == "http":
                await refuse(send, TOO_MANY, retry_after=error.retry_after)
            else:
                await _close(send, TOO_MANY)
            return
        await self._handle(request, admitted, scope, receive, send)

    async def _handle(
        self,
        request: RequestScope,
        admitted: Admitted | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if scope["type"] == "http":
            await self._serve(request, admitted, scope, receive, send)
        else:
            await self._talk(request, admitted, scope, receive, send)

    def _let_in(self, scope: Scope) -> tuple[RequestScope, Admitted | None]:
        client = scope.get("client")
        request, admitted = self._entrance.let_in(
            scope.get("method", "WS"),
            scope["path"],
            scope["headers"],
            peer=client[0] if client else None,
        )
        request.info = scope
        return request, admitted

    async def _observe_inside(
        self, request: RequestScope, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Observe within another scope, for instance that of a second middleware."""

        async def note(message: Message) -> None:
            await send(message)
            note_phase(request, message)

        async with request:
            await self.app(scope, receive, note)

    async def _serve(
        self,
        request: RequestScope,
        admitted: Admitted | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        enforce = self.policy.enforce
        response = Response(request, send, admitted, holds=enforce)
        client = Client(request, scope, receive)
        problem: Problem | None = None
        try:
            async with request:
                if enforce:
                    client.watch_later()
                await self.app(scope, client.receive, response.send)
        except Exception as error:
            if enforce and not response.begun:
                problem = refusal_of(error, request)
            if problem is None:
                await response.release()
                raise
            await refuse(send, problem)
        else:
            if response.held and request.refused:
                # The application has made an answer of the refusal by itself.
                await refuse(send, TOO_MUCH)
            else:
                await response.release()
        finally:
            client.stop()
            if admitted is not None:
                admitted.finish(
                    request,
                    failed=response.failed,
                    late=problem is TOO_LATE,
                    gone=client.gone,
                    template=template_of(scope),
                )

    async def _talk(
        self,
        request: RequestScope,
        admitted: Admitted | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        closed = failed = False

        def note(message: Message) -> Message:
            nonlocal closed
            kind = message["type"]
            closed = closed or kind in {"websocket.close", "websocket.disconnect"}
            if kind == "websocket.accept" and admitted is not None:
                admitted.answered()
            note_phase(request, message)
            return message

        async def noting_receive() -> Message:
            return note(await receive())

        async def noting_send(message: Message) -> None:
            await send(note(message))

        try:
            async with request:
                await self.app(scope, noting_receive, noting_send)
        except Exception as error:
            failed = True
            problem = refusal_of(error, request) if self.policy.enforce else None
            if problem is None or closed:
                raise
            await _close(send, problem)
        finally:
            if admitted is not None:
                admitted.finish(request, failed=failed, template=template_of(scope))


def _name_of(scope: Scope) -> str:
    return f"{scope.get('method', 'WS')} {scope['path']}"


def template_of(scope: Scope) -> str | None:
    """Return the template of the path, where a framework left it in the ASGI scope."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else None


async def _close(send: Send, problem: Problem) -> None:
    await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": problem.detail})
