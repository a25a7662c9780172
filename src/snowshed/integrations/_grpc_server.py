"""The server side of `snowshed.integrations.grpc`: calls of all kinds and styles, in scopes."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

import grpc
import grpc.aio

from snowshed.integrations._incoming import (
    Caller,
    Incoming,
    Refused,
    is_in_request,
)
from snowshed.integrations._problem import TOO_LATE, TOO_MANY, TOO_MUCH
from snowshed.integrations._request import checked_policy
from snowshed.shed._final import (
    FINAL_MARK,
    PUSHBACK_NAME,
    PUSHBACK_NEVER,
    FinalMark,
    note_final,
)

if TYPE_CHECKING:
    from snowshed.integrations._request import RequestScope
    from snowshed.shed._admission import Admission, Admitted

__all__ = ["RequestScopeInterceptor"]

Behavior = Callable[[Any, Any], Any]

_CODES = {
    TOO_LATE: grpc.StatusCode.DEADLINE_EXCEEDED,
    TOO_MUCH: grpc.StatusCode.RESOURCE_EXHAUSTED,
    TOO_MANY: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
# Codes by which an application says that the fault is its own (those of HTTP's 5xx).
_SERVERS_FAULT = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)
_HANDLERS = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


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
        if self._incoming.only_watches:
            return await self._incoming.observe(caller, lambda: behavior(request, context))
        told = context if isinstance(context, _Context) else _Context(context)
        return await self._enforce(caller, behavior, request, told)

    async def _enforce(
        self, caller: Caller, behavior: Behavior, request: Any, context: _Context
    ) -> Any:
        async def work(scope: RequestScope, admitted: Admitted | None) -> tuple[Any]:
            context.mark = FINAL_MARK.get()
            if isinstance(context, _StreamContext):
                context.scope, context.admitted = scope, admitted
            try:
                answer = await behavior(request, context)
            except Exception as error:
                note_final(error)
                context.fail()
                raise
            if context.code() not in {None, 0, grpc.StatusCode.OK}:
                context.fail()
            if admitted is not None and admitted.gave_light:
                trailing = (*(context.trailing_metadata() or ()), ("snowshed-level", "light"))
                context.set_trailing_metadata(trailing)
            return (answer,)

        def has_failed(answer: tuple[Any] | None, error: BaseException | None) -> bool:
            if isinstance(error, grpc.aio.AbortError):
                return context.code() in _SERVERS_FAULT
            return answer is None

        try:
            answer = await self._incoming.handle(caller, work, has_failed=has_failed)
        except Refused as refused:
            # A refusal says by itself whether to try again.
            context.mark = None
            problem, trailing = refused.problem, _pushback(refused)
            await context.abort(_CODES[problem], problem.detail, trailing)
            raise
        if answer is None:
            await context.abort(grpc.StatusCode.CANCELLED, "The call was cancelled.")
            return None
        return answer[0]


class _Context:
    """The context of a call; tells the caller that trying again is of no use, if it is none."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.mark: FinalMark | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def _with_mark(self, trailing: Any) -> tuple[Any, ...]:
        pairs = tuple(trailing or ())
        if self.mark is None or not self.mark.final or any(p[0] == PUSHBACK_NAME for p in pairs):
            return pairs
        return (*pairs, (PUSHBACK_NAME, PUSHBACK_NEVER))

    async def abort(self, code: Any, details: str = "", trailing_metadata: Any = ()) -> None:
        given = trailing_metadata or self._context.trailing_metadata()
        await self._context.abort(code, details, self._with_mark(given))

    def fail(self) -> None:
        """Have the trailing metadata of a call that fails say so."""
        if self.mark is not None and self.mark.final:
            self._context.set_trailing_metadata(self._with_mark(self._context.trailing_metadata()))


class _StreamContext(_Context):
    """The context of a call that answers with a stream; notices when the answer begins."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.scope: RequestScope | None = None
        self.admitted: Admitted | None = None

    def _begin(self) -> None:
        if self.scope is not None:
            self.scope.begin_response()
        if self.admitted is not None:
            self.admitted.answered()

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
        template=method,
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
