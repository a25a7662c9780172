"""grpc.aio: a scope around each call of a server, and what it hands on to the calls it makes.

Under `snowshed run` servers get the one by themselves, and where the policy enforces, channels the
other. In code::

    server = grpc.aio.server(interceptors=[RequestScopeInterceptor(budget=50, timeout=2.0)])
    channel = grpc.aio.insecure_channel(target, interceptors=call_interceptors())

gRPC carries a deadline by itself, and cancels the handler when its client has gone. What it lacks:

* It knows one deadline for the whole call. That of a request here is about the *beginning* of its
  response, so a call that answers with a stream keeps its own timeout, and is told the time by the
  metadata ``x-request-timeout-ms``. A call with one answer is told by both, as gRPC rounds its own
  up by some milliseconds.
* Handlers that are plain functions run on threads, past asyncio, and are left alone.

Needs: pip install 'snowshed[grpc]'
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from snowshed.integrations._calls import Call, Calls, CallStatistics, Guards
from snowshed.integrations._extra import needs
from snowshed.integrations._incoming import (
    Admission,
    Caller,
    Incoming,
    Refused,
    checked_policy,
    is_in_request,
)

try:
    import grpc
except ModuleNotFoundError as error:
    raise needs("grpc", "grpc", error) from None

import grpc.aio

if TYPE_CHECKING:
    from snowshed.core._hooks import Level
    from snowshed.integrations._request import RequestScope

__all__ = ["CallInterceptor", "CallStatistics", "RequestScopeInterceptor", "call_interceptors"]

Behavior = Callable[[Any, Any], Any]

_FAILURES = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
)
_CODES = {
    "late": grpc.StatusCode.DEADLINE_EXCEEDED,
    "budget": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "overloaded": grpc.StatusCode.RESOURCE_EXHAUSTED,
}
_HANDLERS = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


# Clients.


def call_interceptors(*, guards: Guards | None = None) -> list[CallInterceptor]:
    """Return the interceptors of a channel: one for each of the four kinds of calls.

    Each tells the callee about the request, caps the timeout of calls with one answer by what is
    left until the deadline of the current scope, and asks the guards.

    Args:
        guards: a guard for each service or method, ``{"shop.Stock": breaker}`` or
            ``{"/shop.Stock/Reserve": breaker}``, or a function that takes the
            ``grpc.aio.ClientCallDetails`` and returns a guard, several, or None. The codes
            UNAVAILABLE, RESOURCE_EXHAUSTED and DEADLINE_EXCEEDED are failures.

    Raises:
        DeadlineExceeded: from a call for which no time is left; nothing was sent.
        CircuitOpen: from a call that a guard refuses; nothing was sent.
        Overloaded: from a call that a guard refuses; nothing was sent.
    """
    calls = Calls(guards=guards)
    return [kind(calls) for kind in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)]


def told(
    calls: Calls,
    details: Any,
    method: str | bytes,
    timeout: float | None,
    metadata: Any,
    *,
    streams: bool,
) -> tuple[Call, float | None, Any]:
    """Return a call that begins, and the timeout and metadata to make it with.

    Args:
        calls: of the channel.
        details: of the call, for the guards.
        method: ``/package.Service/Method``.
        timeout: the caller's own, in seconds.
        metadata: the caller's own, as gRPC takes it.
        streams: the answer is a stream.
    """
    path = method.decode() if isinstance(method, bytes) else method
    service = path.strip("/").rpartition("/")[0]
    pairs = tuple(metadata or ())
    own = {key: value for key, value in reversed(pairs) if isinstance(value, str)}
    call = calls.begin(details, path, (path, service), said=own.get, own_timeout=timeout)
    if call.headers:
        kept = [pair for pair in pairs if pair[0] not in call.headers]
        metadata = grpc.aio.Metadata(*kept, *call.headers.items())
    return call, timeout if streams else call.cap(timeout), metadata


class CallInterceptor:
    """What the interceptors of all four kinds of calls do; made by `call_interceptors`."""

    _streams = False

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._calls!r}>"

    def statistics(self) -> CallStatistics:
        """Return what went out so far, by all interceptors of the channel."""
        return self._calls.statistics()

    async def _intercept(
        self, continuation: Callable[[Any, Any], Awaitable[Any]], details: Any, request: Any
    ) -> Any:
        call, timeout, metadata = told(
            self._calls,
            details,
            details.method,
            details.timeout,
            details.metadata,
            streams=self._streams,
        )
        changed = grpc.aio.ClientCallDetails(
            details.method, timeout, metadata, details.credentials, details.wait_for_ready
        )
        try:
            rpc = await continuation(changed, request)
        except BaseException as error:
            call.raised(error)
            raise
        if call.is_guarded:
            _watch(rpc, call)
        return rpc


class _UnaryUnary(CallInterceptor, grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    intercept_unary_unary = CallInterceptor._intercept


class _UnaryStream(CallInterceptor, grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc]
    _streams = True
    intercept_unary_stream = CallInterceptor._intercept


class _StreamUnary(CallInterceptor, grpc.aio.StreamUnaryClientInterceptor):  # type: ignore[misc]
    intercept_stream_unary = CallInterceptor._intercept


class _StreamStream(CallInterceptor, grpc.aio.StreamStreamClientInterceptor):  # type: ignore[misc]
    _streams = True
    intercept_stream_stream = CallInterceptor._intercept


def _watch(rpc: Any, call: Call) -> None:
    try:
        rpc.add_done_callback(partial(_settle, call))
    except NotImplementedError:
        # Another interceptor has answered in place of the target.
        call.end(failed=False)


def _settle(call: Call, rpc: Any) -> None:
    code = _code_of(rpc)
    if code is grpc.StatusCode.CANCELLED:
        call.stopped()
    elif code is grpc.StatusCode.DEADLINE_EXCEEDED and call.timeout is not None:
        # The timeout may have been the caller's own, which says as little of the target.
        call.expired()
    else:
        call.end(failed=code in _FAILURES)


def _code_of(rpc: Any) -> Any:
    """Return the code of a call that has ended: then asking for it does not wait."""
    asking = rpc.code()
    try:
        asking.send(None)
    except StopIteration as answer:
        return answer.value
    asking.close()
    return grpc.StatusCode.UNKNOWN


# Servers.


class RequestScopeInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Opens a scope around each call of a server; the first interceptor sees everything.

    Args:
        budget: live tasks of one call while it is handled; None: any number.
        timeout: seconds until the response must have begun; None: any time. Callers can tighten
            both, by their deadline, ``x-request-timeout-ms`` and ``snowshed-budget``.
        enforce: False: change nothing, only count.
        on_excess: ``reject`` fails the task over budget; ``cancel`` ends the whole call.
        after_budget: live tasks of a call that has its response.
        grace: seconds between the end of a call and the cancellation of what it left behind.
        admission: which calls are begun at all; None: all.
        trusted: networks of callers that may raise the class of a call above ``critical``.

    Raises:
        ValueError: a budget or time that is not positive, a network that is none.

    Over budget a call ends with RESOURCE_EXHAUSTED and ``grpc-retry-pushback-ms``, over time with
    DEADLINE_EXCEEDED.
    """

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
            "RequestScopeInterceptor",
            budget=budget,
            timeout=timeout,
            enforce=enforce,
            on_excess=on_excess,
            after_budget=after_budget,
            grace=grace,
        )
        self._incoming = Incoming(policy, admission=admission, trusted=trusted)

    def __repr__(self) -> str:
        return f"<RequestScopeInterceptor {self._incoming.policy!r}>"

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], details: Any
    ) -> Any:
        """Return the handler of a call, with a scope around it."""
        handler = await continuation(details)
        behavior = None if handler is None else _behavior_of(handler)
        if behavior is None:
            return handler
        serve = self._stream if handler.response_streaming else self._unary
        return _HANDLERS[handler.request_streaming, handler.response_streaming](
            partial(serve, details.method, behavior),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    async def _unary(self, method: str, behavior: Behavior, request: Any, context: Any) -> Any:
        return await self._serve(method, behavior, request, context)

    async def _stream(self, method: str, behavior: Behavior, request: Any, context: Any) -> None:
        await self._serve(method, partial(_pump, behavior), request, _StreamContext(context))

    async def _serve(self, method: str, behavior: Behavior, request: Any, context: Any) -> Any:
        if is_in_request():
            return await behavior(request, context)
        caller = _caller(method, context)
        if not self._incoming.policy.enforce:
            return await self._incoming.observe(caller, lambda: behavior(request, context))

        async def work(scope: RequestScope, level: Level) -> tuple[Any]:
            if isinstance(context, _StreamContext):
                context.scope = scope
            answer = await behavior(request, context)
            if level == "light":
                trailing = (*(context.trailing_metadata() or ()), ("snowshed-level", "light"))
                context.set_trailing_metadata(trailing)
            return (answer,)

        try:
            answer = await self._incoming.handle(caller, work)
        except Refused as refused:
            trailing = _pushback(refused)
            await context.abort(_CODES[refused.why], refused.detail, trailing)
            raise
        if answer is None:
            await context.abort(grpc.StatusCode.CANCELLED, "The call was cancelled.")
            return None
        return answer[0]


class _StreamContext:
    """The context of a call that answers with a stream; notices when the answer begins."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.scope: RequestScope | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def _begin(self) -> None:
        if self.scope is not None:
            self.scope.begin_response()

    async def write(self, message: Any) -> None:
        self._begin()
        await self._context.write(message)

    async def send_initial_metadata(self, metadata: Any) -> None:
        self._begin()
        await self._context.send_initial_metadata(metadata)


def _behavior_of(handler: Any) -> Behavior | None:
    """Return the asynchronous function behind ``handler``; None: it is not one."""
    behavior: Behavior = (
        handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    )
    asynchronous = inspect.iscoroutinefunction(behavior) or inspect.isasyncgenfunction(behavior)
    return behavior if asynchronous else None


async def _pump(behavior: Behavior, request: Any, context: Any) -> None:
    """Have ``behavior`` write its stream, whichever of gRPC's two styles it is written in."""
    if not inspect.isasyncgenfunction(behavior):
        await behavior(request, context)
        return
    async with aclosing(behavior(request, context)) as messages:
        async for message in messages:
            await context.write(message)


def _caller(method: str, context: Any) -> Caller:
    return Caller(
        method="GRPC",
        path=method,
        headers=[(key.encode(), _bytes(value)) for key, value in context.invocation_metadata()],
        peer=_host_of(context.peer()),
        route=f"GRPC {method}",
        time_left=context.time_remaining(),
    )


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _host_of(peer: str) -> str | None:
    """Return the address in ``ipv4:127.0.0.1:80`` or ``ipv6:%5B::1%5D:80``; None: it has none."""
    family, _, rest = peer.partition(":")
    if family not in {"ipv4", "ipv6"}:
        return None
    return unquote(rest).rpartition(":")[0].strip("[]")


def _pushback(refused: Refused) -> tuple[tuple[str, str], ...]:
    if refused.retry_after is None:
        return ()
    return (("grpc-retry-pushback-ms", str(math.ceil(refused.retry_after * 1000))),)
