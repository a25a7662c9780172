"""Calls that a program makes which knows nothing of integrations, each by another library.

``python _calling.py LIBRARY MODE [hurt | CALLEE...]`` prints what the callee was told, and what was
logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncIterator
from typing import Any

import snowshed

# Attached before a library is loaded, as `snowshed run` is.
_library, _mode, *_more = sys.argv[1:]
_hurt = _more == ["hurt"]
logging.basicConfig(stream=sys.stderr, format="%(name)s %(message)s")
if _hurt:
    # Something in the library is not where it was: the hook fails, the call must not.
    import snowshed.attach._clients as clients

    def _fail(*_: Any, **__: Any) -> Any:
        raise AttributeError("it is not there any more")

    clients.import_module = _fail  # type: ignore[assignment]
snowshed.init(mode=_mode, callees=("*",) if _hurt or not _more else tuple(_more))


@contextlib.asynccontextmanager
async def http_server() -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        pairs = [line.split(": ", 1) for line in head.split("\r\n")[1:] if line]
        body = json.dumps({name.lower(): value for name, value in pairs}).encode()
        length = b"content-length: %d\r\n" % len(body)
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n" + length + b"\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"


async def by_httpx(name: str, url: str) -> Any:
    library = __import__(name)
    async with library.AsyncClient(trust_env=False) as client:
        yield (await client.get(url)).json()


async def by_aiohttp(url: str) -> Any:
    import aiohttp

    async def nothing(request: Any, handler: Any) -> Any:
        return await handler(request)

    async with aiohttp.ClientSession() as client:
        for options in (
            {},
            {"middlewares": (nothing,)},
            {"timeout": aiohttp.ClientTimeout(total=9)},
        ):
            async with client.get(url, **options) as response:
                yield await response.json(content_type=None)


async def by_grpc() -> Any:
    import grpc
    import grpc.aio

    async def one(request: bytes, context: Any) -> bytes:
        return json.dumps(dict(await_told(context))).encode()

    async def many(request: bytes, context: Any) -> Any:
        yield await one(request, context)

    def await_told(context: Any) -> Any:
        return {**dict(context.invocation_metadata()), "left": context.time_remaining()}

    class Shop(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, details: Any) -> Any:
            kind = details.method.rpartition("/")[2]
            make = getattr(grpc, f"{kind}_rpc_method_handler")
            return make(many if kind.endswith("stream") else one)

    server = grpc.aio.server(handlers=[Shop()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield json.loads(await channel.unary_unary("/Shop/unary_unary")(b"x", timeout=900))
        call = channel.stream_unary("/Shop/stream_unary")(iter([b"x"]), 900, (("x-b", "1"),))
        yield json.loads(await call)
        for kind in ("unary_stream", "stream_stream"):
            call = getattr(channel, kind)(f"/Shop/{kind}")
            async for message in call(iter([b"x"]) if kind == "stream_stream" else b"x"):
                yield json.loads(message)
    await server.stop(None)


async def main() -> None:
    async with http_server() as url, snowshed.open_scope("request", budget=40, timeout=30.0):
        if _library == "grpc":
            calls = by_grpc()
        elif _library == "aiohttp":
            calls = by_aiohttp(url)
        else:
            calls = by_httpx(_library, url)
        print(json.dumps([each async for each in calls]))


asyncio.run(main())
