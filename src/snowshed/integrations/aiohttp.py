"""aiohttp: a scope around each request of a server, and what it hands on to the calls it makes.

Under `snowshed run` applications get the one by themselves, and where the policy enforces, client
sessions the other. In code::

    setup(app, budget=50, timeout=2.0)
    session = aiohttp.ClientSession(middlewares=[CallMiddleware(guards={"stock": breaker})])

What differs from ASGI (see `snowshed.integrations.asgi`):

* aiohttp sends a response when its handler has returned, so what the request started is waited for
  before that, as it is in any ``async with`` of the handler.
* aiohttp lets a handler go on when its client has gone. Where the policy enforces, the connection
  is looked at every quarter of a second, and the request is ended when it is lost. A WebSocket,
  which hears of that by itself, is left alone.

Needs: pip install 'snowshed[aiohttp]'
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, Literal

from snowshed.integrations._calls import Calls, CallStatistics, Guards, Hosts, OutOfTime
from snowshed.integrations._extra import needs
from snowshed.integrations._incoming import (
    GONE,
    Caller,
    Incoming,
    Refused,
    is_in_request,
)
from snowshed.integrations._problem import TOO_MUCH
from snowshed.integrations._request import checked_policy
from snowshed.shed._final import FINAL_MARK, NEVER, RETRY_NAME, FinalMark, note_answer

try:
    import aiohttp
except ModuleNotFoundError as error:
    raise needs("aiohttp", "aiohttp", error) from None

from aiohttp import web

if TYPE_CHECKING:
    from snowshed.integrations._request import RequestScope
    from snowshed.shed._admission import Admission, Admitted

__all__ = ["CallMiddleware", "CallStatistics", "RequestScopeMiddleware", "setup"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Most requests have ended by then, and have never paid for a look.
WATCH_AFTER = 0.1
LOOK_EVERY = 0.25
# aiohttp has a task for each request, so nothing of one is seen by another.
_current: ContextVar[_Exchange | None] = ContextVar("snowshed_aiohttp", default=None)


class CallMiddleware:
    """A client middleware that tells the callee about the request, and keeps time and guards.

    Until the head of the response has come, the call is bounded by what is left until the deadline
    of the current scope. Then the session's own timeouts count, and the scope.

    Args:
        guards: a guard for each host, ``{"api.example.com": breaker}``, or a function that takes
            the ``aiohttp.ClientRequest`` and returns a guard, several, or None. Answers 429, 502,
            503 and 504 and errors of the connection are failures.
        hosts: who is told: names, ``.example.com`` for all below it, or a function of the name;
            None: everybody.

    Raises:
        DeadlineExceeded: from a call for which no time is left; nothing was sent.
        CircuitOpen: from a call that a guard refuses; nothing was sent.
        Overloaded: from a call that a guard refuses; nothing was sent.
        aiohttp.ServerTimeoutError: from a call whose response did not begin before the deadline, if
            nobody else has ended it.
    """

    def __init__(self, *, guards: Guards | None = None, hosts: Hosts | None = None) -> None:
        self._calls = Calls(guards=guards, hosts=hosts)

    def __repr__(self) -> str:
        return f"<CallMiddleware {self._calls!r}>"

    def statistics(self) -> CallStatistics:
        """Return what went out so far."""
        return self._calls.statistics()

    async def __call__(
        self,
        request: aiohttp.ClientRequest,
        handler: aiohttp.ClientHandlerType,
        *,
        timeout: aiohttp.ClientTimeout | None = None,
    ) -> aiohttp.ClientResponse:
        """Send ``request``, which is made anew for each redirect.

        ``timeout`` is the caller's own; None: that of the session, as aiohttp does not tell.
        """
        url = request.url
        host = url.host or ""
        what = f"{request.method} {host}"
        names = (f"{host}:{url.port}", host)
        own = _own_timeout(request.session.timeout if timeout is None else timeout)
        call = self._calls.begin(request, what, names, said=request.headers.get, own_timeout=own)
        request.headers.update(call.headers)
        try:
            response = await self._calls.wait(call, what, handler(request))
        except OutOfTime as error:
            raise aiohttp.ServerTimeoutError(str(error)) from None
        call.answered(response.status)
        note_answer(response.headers.get)
        return response


def _own_timeout(timeout: aiohttp.ClientTimeout) -> float | None:
    """Return the seconds after which the caller gives up if no response has begun."""
    known = [each for each in (timeout.total, timeout.sock_read) if each]
    return min(known) if known else None


class RequestScopeMiddleware:
    """A server middleware that opens a scope around each request; added by `setup`.

    Args:
        budget: live tasks of one request while it is handled; None: any number.
        timeout: seconds until the response must have begun; None: any time. Callers can tighten
            both by ``x-request-timeout-ms``, ``grpc-timeout`` and ``snowshed-budget``.
        enforce: False: change nothing, only count.
        on_excess: ``reject`` fails the task over budget; ``cancel`` ends the whole request.
        after_budget: live tasks of a request that has its response.
        grace: seconds between the end of a request and the cancellation of what it left behind.
        admission: which requests are begun at all; None: all.
        trusted: networks of callers that may raise the class of a request above ``critical``.

    Raises:
        ValueError: a budget or time that is not positive, a network that is none.
    """

    __middleware_version__ = 1

    def __init__(
        self,
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
        policy = checked_policy(
            "RequestScopeMiddleware",
            budget=budget,
            timeout=timeout,
            enforce=enforce,
            on_excess=on_excess,
            after_budget=after_budget,
            grace=grace,
        )
        self._incoming = Incoming(policy, admission=admission, trusted=trusted)

    def __repr__(self) -> str:
        return f"<RequestScopeMiddleware {self._incoming.policy!r}>"

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Handle ``request``; once, as applications inside others have a middleware each."""
        if is_in_request():
            return await handler(request)
        caller = _caller(request)
        if self._incoming.only_watches:
            return await self._incoming.observe(caller, lambda: handler(request))
        exchange = _Exchange(request, handler, watch=self._incoming.policy.enforce)
        try:
            answer = await self._incoming.handle(caller, exchange.run, has_failed=_has_failed)
        except Refused as refused:
            exchange.refuse()
            return _refusal(refused)
        finally:
            exchange.stop()
        if answer is None:
            # Cancelled: its client has gone, or somebody wants it to end without an answer.
            raise asyncio.CancelledError(f"{caller.method} {caller.path} was cancelled")
        if isinstance(answer, web.HTTPException):
            raise answer
        return answer


class _Exchange:
    """One request in its scope, while its client is there."""

    __slots__ = ("_admitted", "_handler", "_mark", "_request", "_scope", "_timer", "_watches")

    def __init__(self, request: web.Request, handler: Handler, *, watch: bool) -> None:
        self._request: web.Request | None = request
        self._handler: Handler | None = handler
        self._watches = watch
        self._scope: RequestScope | None = None
        self._admitted: Admitted | None = None
        self._mark: FinalMark | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, scope: RequestScope, admitted: Admitted | None) -> web.StreamResponse:
        request, handler = self._request, self._handler
        assert request is not None
        assert handler is not None
        self._scope, self._admitted = scope, admitted
        self._mark = FINAL_MARK.get()
        _current.set(self)
        if self._watches:
            self._look_in(WATCH_AFTER)
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            # An answer, not a failure: what the request has started is waited for.
            response = answer
        if response.status == 500 and scope.refused and not response.prepared:
            # The application has made an answer of the refusal by itself.
            raise Refused(TOO_MUCH)
        return response

    def begin_response(self, response: web.StreamResponse) -> None:
        """The head of ``response`` goes out, from the handler or after it."""
        if self._admitted is not None and self._admitted.gave_light:
            response.headers["snowshed-level"] = "light"
        if response.status >= 500 and self._mark is not None and self._mark.final:
            response.headers[RETRY_NAME] = NEVER
        if self._scope is not None:
            self._scope.begin_response()
            if self._admitted is not None:
                self._admitted.answered()
        if isinstance(response, web.WebSocketResponse):
            self._leave_alone()

    def refuse(self) -> None:
        """A refusal of ours is the answer, and says by itself whether to try again."""
        self._mark = None

    def _look_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._look, context=Context())

    def _look(self) -> None:
        transport = None if self._request is None else self._request.transport
        if transport is not None and not transport.is_closing():
            self._look_in(LOOK_EVERY)
        elif self._scope is not None:
            self._scope.cancel(GONE)

    def _leave_alone(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def stop(self) -> None:
        """Hold nothing any more: contexts of tasks that live on may hold this."""
        self._leave_alone()
        self._scope = self._request = self._handler = None


def setup(
    app: web.Application,
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
    """Have each request of ``app`` handled in a scope of its own; before the application starts.

    Adds a `RequestScopeMiddleware`, which takes the same arguments, in front of the others, and a
    signal that tells when a response begins.
    """
    middleware = RequestScopeMiddleware(
        budget=budget,
        timeout=timeout,
        enforce=enforce,
        on_excess=on_excess,
        after_budget=after_budget,
        grace=grace,
        admission=admission,
        trusted=trusted,
    )
    app.middlewares.insert(0, middleware)
    if enforce or admission is not None:
        app.on_response_prepare.append(_begin_response)


async def _begin_response(_request: web.Request, response: web.StreamResponse) -> None:
    exchange = _current.get()
    if exchange is not None:
        exchange.begin_response(response)


def _caller(request: web.Request) -> Caller:
    peer = None if request.transport is None else request.transport.get_extra_info("peername")
    return Caller(
        method=request.method,
        path=request.path,
        headers=[(name.lower(), value) for name, value in request.raw_headers],
        peer=peer[0] if isinstance(peer, tuple) else None,
        template=_template(request),
    )


def _template(request: web.Request) -> str | None:
    """Return the template of the path; None for what stands for paths of any length."""
    resource = request.match_info.route.resource
    if resource is None or resource.canonical.count("/") != request.path.count("/"):
        return None
    return str(resource.canonical)


def _has_failed(answer: web.StreamResponse | None, _error: BaseException | None) -> bool:
    return answer is None or answer.status >= 500


def _refusal(refused: Refused) -> web.Response:
    """Answer with a problem document (RFC 9457)."""
    problem = refused.problem
    headers = {}
    if refused.retry_after is not None:
        headers["retry-after"] = str(math.ceil(refused.retry_after))
    return web.Response(
        status=problem.status,
        body=problem.body,
        content_type="application/problem+json",
        headers=headers,
    )
