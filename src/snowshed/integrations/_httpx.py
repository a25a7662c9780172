"""What httpx and httpx2 have in common, which for our purpose is all but their names."""

from __future__ import annotations

from types import ModuleType, TracebackType
from typing import Any, Self

from snowshed.integrations._calls import Call, Calls, CallStatistics, Guards, Hosts, OutOfTime
from snowshed.shed._final import note_answer

__all__ = ["CallTransport", "instrument"]

# Not "read": it also paces the body, which may go on when the deadline has been lifted. Until the
# response begins, the call as a whole is bounded.
_CAPPED = ("connect", "write", "pool")


class CallTransport:
    """The transport of both libraries; each makes a class of its own of it."""

    _library: ModuleType

    def __init__(
        self, inner: Any, *, guards: Guards | None = None, hosts: Hosts | None = None
    ) -> None:
        self.inner = inner
        self._calls = Calls(guards=guards, hosts=hosts)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._calls!r} around {self.inner!r}>"

    def __getattr__(self, name: str) -> Any:
        # Whoever looks for the pool of the transport finds it.
        if name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)

    def statistics(self) -> CallStatistics:
        """Return what went out so far."""
        return self._calls.statistics()

    async def handle_async_request(self, request: Any) -> Any:
        """Send ``request`` with what its callee should know, in the time that is left.

        Raises:
            DeadlineExceeded: no time is left; nothing was sent.
            CircuitOpen: a guard refuses; nothing was sent.
            Overloaded: a guard refuses; nothing was sent.
            httpx.ReadTimeout: or that of httpx2, if the response did not begin before the deadline
                and nobody else ended the call.
        """
        host = request.url.host
        what = f"{request.method} {host}"
        names = (f"{host}:{request.url.port}", host)
        own_timeout = request.extensions.get("timeout", {}).get("read")
        call = self._calls.begin(
            request, what, names, said=request.headers.get, own_timeout=own_timeout
        )
        if call.headers or call.timeout is not None:
            request = self._told(request, call)
        try:
            answer = self.inner.handle_async_request(request)
            response = await self._calls.wait(call, what, answer)
        except OutOfTime as error:
            raise self._library.ReadTimeout(str(error), request=request) from None
        call.answered(response.status_code)
        note_answer(response.headers.get)
        return response

    def _told(self, request: Any, call: Call) -> Any:
        """Return a copy with our headers: the caller's own is sent again at a redirect."""
        headers = request.headers.copy()
        headers.update(call.headers)
        extensions = request.extensions
        if call.timeout is not None:
            timeouts = extensions.get("timeout", {})
            capped = {name: call.cap(timeouts.get(name)) for name in _CAPPED}
            extensions = {**extensions, "timeout": {"read": None, **timeouts, **capped}}
        return self._library.Request(
            request.method,
            request.url,
            headers=headers,
            stream=request.stream,
            extensions=extensions,
        )

    async def __aenter__(self) -> Self:
        await self.inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self.inner.__aexit__(kind, error, trace)

    async def aclose(self) -> None:
        """Close the transport inside."""
        await self.inner.aclose()


def instrument(
    client: Any, transport: type[CallTransport], *, guards: Guards | None, hosts: Hosts | None
) -> None:
    """Put one ``transport`` around each of those of ``client``, unless that was done before."""

    def around(inner: Any) -> Any:
        if inner is None or isinstance(inner, CallTransport):
            return inner
        return transport(inner, guards=guards, hosts=hosts)

    client._transport = around(client._transport)
    client._mounts = {pattern: around(inner) for pattern, inner in client._mounts.items()}
