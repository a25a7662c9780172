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

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from functools import partial
from typing import Any

from snowshed.integrations._calls import Call, Calls, CallStatistics, Guards
from snowshed.integrations._extra import needs

try:
    import grpc
except ModuleNotFoundError as error:
    raise needs("grpc", "grpc", error) from None

import grpc.aio

from snowshed.integrations._grpc_server import RequestScopeInterceptor

__all__ = ["CallInterceptor", "CallStatistics", "RequestScopeInterceptor", "call_interceptors"]

SECOND_LOOK = 0.1
_FAILURES = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
)


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
    host: str | None = None,
) -> tuple[Call, float | None, Any]:
    """Return a call that begins, and the timeout and metadata to make it with.

    Args:
        calls: of the channel.
        details: of the call, for the guards.
        method: ``/package.Service/Method``.
        timeout: the caller's own, in seconds.
        metadata: the caller's own, as gRPC takes it.
        streams: the answer is a stream.
        host: of the channel's target, where the calls are told to some hosts only.
    """
    path = method.decode() if isinstance(method, bytes) else method
    service = path.strip("/").rpartition("/")[0]
    pairs = tuple(metadata or ())
    own = {key: value for key, value in reversed(pairs) if isinstance(value, str)}
    names = (path, service) if host is None else (path, service, host)
    call = calls.begin(details, path, names, said=own.get, own_timeout=timeout)
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


def _settle(call: Call, rpc: Any, *, final: bool = False) -> None:
    code = _code_of(rpc)
    if code is grpc.StatusCode.INTERNAL and not final:
        # gRPC says this of a call that was refused while it was still being written, and the
        # code of the callee a little later.
        settle = partial(_settle, call, rpc, final=True)
        asyncio.get_running_loop().call_later(SECOND_LOOK, settle, context=Context())
    elif code is grpc.StatusCode.CANCELLED:
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
