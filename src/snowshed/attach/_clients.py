"""Where each client library makes its calls: there they are told what their request has left.

Only where the policy enforces: to observe is to change nothing, and a header is something. To be
counted, as `_client_count` does, is nothing to a client, and is done in any mode. One
function for each library changes the one place through which all of its calls pass, right after
the library was imported. What it adds is loaded when the first call is made.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from snowshed.attach import _on_import
from snowshed.errors import SnowshedError

if TYPE_CHECKING:
    from snowshed.attach._runtime import Runtime

__all__ = ["CLIENTS", "attach"]


def attach(runtime: Runtime) -> None:
    """Have each client library counted, and changed if ``runtime`` enforces, as it is imported."""
    changes: dict[str, list[Callable[[ModuleType], None]]] = {}
    if runtime.settings.mode == "enforce":
        for name, change in CLIENTS.items():
            changes[name] = [partial(change, runtime=runtime)]
    for name, count in runtime.clients.changes(runtime).items():
        changes.setdefault(name, []).append(count)
    for name, found in changes.items():
        _on_import.when_imported(name, partial(_apply, changes=found), runtime.failed)


def _apply(module: ModuleType, changes: Sequence[Callable[[ModuleType], None]]) -> None:
    # The first is the one that matters, and if it fails the module is to be as it was.
    for change in changes:
        change(module)


def httpx(module: ModuleType, runtime: Runtime) -> None:
    """``httpx._client`` and ``httpx2._client``: each client gets our transport around its own."""
    library = module.__name__.partition(".")[0]
    init = module.AsyncClient.__init__

    def instrument(client: Any) -> None:
        import_module(f"snowshed.integrations.{library}").instrument(
            client, hosts=runtime.settings.callees
        )

    @functools.wraps(init)
    def init_and_instrument(client: Any, *args: Any, **kwargs: Any) -> None:
        init(client, *args, **kwargs)
        runtime.guarded(_what(library), None, instrument, client)

    module.AsyncClient.__init__ = init_and_instrument


def aiohttp(module: ModuleType, runtime: Runtime) -> None:
    """``aiohttp.client``: each request passes through our middleware first."""
    request = module.ClientSession._request
    if "middlewares" not in inspect.signature(request).parameters:
        msg = "this aiohttp has no client middlewares; callees are told nothing before 3.12"
        raise RuntimeError(msg)
    ours: list[Any] = []

    def with_ours(session: Any, named: dict[str, Any]) -> Any:
        integration = import_module("snowshed.integrations.aiohttp")
        if not ours:
            ours.append(integration.CallMiddleware(hosts=runtime.settings.callees))
        own = named.get("middlewares")
        effective = tuple((session._middlewares if own is None else own) or ())
        if any(isinstance(each, integration.CallMiddleware) for each in effective):
            return effective
        timeout = named.get("timeout")
        if not isinstance(timeout, module.ClientTimeout):
            timeout = None
        return (partial(ours[0], timeout=timeout), *effective)

    @functools.wraps(request)
    def request_with_ours(session: Any, *args: Any, **kwargs: Any) -> Any:
        otherwise = kwargs.get("middlewares")
        kwargs["middlewares"] = runtime.guarded(
            _what("aiohttp"), otherwise, with_ours, session, kwargs
        )
        return request(session, *args, **kwargs)

    module.ClientSession._request = request_with_ours


def grpc(module: ModuleType, runtime: Runtime) -> None:
    """``grpc.aio._channel``: calls of all four kinds, without an interceptor's task for each."""
    for kind in ("UnaryUnary", "UnaryStream", "StreamUnary", "StreamStream"):
        callable_class = getattr(module, f"{kind}MultiCallable")
        streams = kind.endswith("Stream")
        callable_class.__call__ = _told_first(callable_class.__call__, runtime, streams=streams)


def _told_first(make: Callable[..., Any], runtime: Runtime, *, streams: bool) -> Callable[..., Any]:
    @functools.wraps(make)
    def tell_and_make(target: Any, *args: Any, **kwargs: Any) -> Any:
        # After the request some kinds of calls take the rest by position, but all by name.
        named = {**dict(zip(_NAMES, args[1:], strict=False)), **kwargs}
        try:
            callees = runtime.settings.callees
            named.update(_told(target, named, callees, streams=streams))
        except SnowshedError:
            raise
        except Exception:  # noqa: BLE001 - the call must be made
            runtime.failed(_what("grpc"))
        return make(target, *args[:1], **named)

    return tell_and_make


_NAMES = ("timeout", "metadata", "credentials", "wait_for_ready", "compression")


def _told(
    target: Any, named: dict[str, Any], callees: tuple[str, ...], *, streams: bool
) -> dict[str, Any]:
    """Return the arguments of a call that change."""
    integration = import_module("snowshed.integrations.grpc")
    if any(isinstance(each, integration.CallInterceptor) for each in target._interceptors or ()):
        return {}
    own = named.get("timeout"), named.get("metadata")
    _, timeout, metadata = integration.told(
        _grpc_calls(callees),
        None,
        target._method,
        *own,
        streams=streams,
        host=host_of(getattr(target._channel, "target", b"")),
    )
    return {"timeout": timeout, "metadata": metadata}


@functools.cache
def _grpc_calls(callees: tuple[str, ...]) -> Any:
    return import_module("snowshed.integrations._calls").Calls(hosts=callees)


def host_of(target: bytes | str) -> str:
    """Return the host in a target of gRPC, ``dns:///stock:443``; empty if none can be told.

    Of several addresses the first one counts.
    """
    text = target.decode() if isinstance(target, bytes) else target
    scheme, _, rest = text.partition(":")
    if rest.startswith("//"):
        text = rest[2:].partition("/")[2]
    elif scheme in _SCHEMES:
        text = rest
    if scheme in _NO_HOSTS:
        return ""
    first = text.partition(",")[0]
    if first.startswith("["):
        return first[1:].partition("]")[0]
    return first.partition(":")[0] if first.count(":") == 1 else first


_SCHEMES = frozenset({"dns", "ipv4", "ipv6"})
_NO_HOSTS = frozenset({"unix", "unix-abstract", "vsock"})


def _what(library: str) -> str:
    return f"telling the callees of {library}"


CLIENTS: dict[str, Callable[..., None]] = {
    "httpx._client": httpx,
    "httpx2._client": httpx,
    "aiohttp.client": aiohttp,
    "grpc.aio._channel": grpc,
}
