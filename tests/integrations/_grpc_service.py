"""A real gRPC server on loopback that serves plain functions, without generated code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio

KINDS = {
    "unary_unary": grpc.unary_unary_rpc_method_handler,
    "unary_stream": grpc.unary_stream_rpc_method_handler,
    "stream_unary": grpc.stream_unary_rpc_method_handler,
    "stream_stream": grpc.stream_stream_rpc_method_handler,
}


class Service(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Serves ``/test.Shop/<kind>`` by the function that is given for the kind."""

    def __init__(self, **behaviors: Any) -> None:
        self._behaviors = behaviors

    def service(self, details: Any) -> Any:
        kind = details.method.rpartition("/")[2]
        if kind not in self._behaviors:
            return None
        return KINDS[kind](self._behaviors[kind])


@asynccontextmanager
async def grpc_server(*interceptors: Any, **behaviors: Any) -> AsyncIterator[str]:
    """Serve; yield the target."""
    server = grpc.aio.server(interceptors=interceptors, handlers=[Service(**behaviors)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0.1)


async def ask(channel: Any, kind: str, *requests: bytes, **options: Any) -> Any:
    """Make a call of ``kind``; return the answer, or the list of answers of a stream."""
    method = getattr(channel, kind)(f"/test.Shop/{kind}")
    sent = iter(requests) if kind.startswith("stream") else b"".join(requests)
    call = method(sent, **options)
    if kind.endswith("stream"):
        return [message async for message in call]
    return await call
