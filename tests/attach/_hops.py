"""Three services, one behind the other, that know nothing of snowshed but what they show of it.

``python _hops.py a|b|c``: each listens on PORT; ``a`` calls ``b`` at B_PORT, ``b`` calls ``c`` at
C_GRPC_PORT. Each answers with what it has of the request, and with the answer of the next.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from snowshed import current_scope, remaining
from snowshed.shed import current_baggage


def what_is_here() -> dict[str, Any]:
    scope, baggage = current_scope(), current_baggage()
    return {
        "left": remaining(),
        "budget": None if scope is None else scope.statistics().budget,
        "criticality": None if baggage.criticality is None else baggage.criticality.name,
        "id": baggage.request_id,
    }


def a() -> None:
    """FastAPI on uvicorn, calls by httpx2."""
    import httpx2
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()
    client = httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{os.environ['B_PORT']}", timeout=60.0, trust_env=False
    )

    @app.get("/")
    async def ready() -> None:
        return None

    @app.get("/{method}")
    async def chain(method: str) -> dict[str, Any]:
        here = what_is_here()
        # One task that lives on, so that one less is left for those behind.
        waiting = asyncio.create_task(asyncio.sleep(60))
        try:
            answer = await client.get(f"/{method}")
        finally:
            waiting.cancel()
        return {"a": here, "status of b": answer.status_code, **answer.json()}

    uvicorn.run(app, port=int(os.environ["PORT"]))


def b() -> None:
    """aiohttp, calls by grpc.aio."""
    import grpc.aio
    from aiohttp import web

    async def ready(request: web.Request) -> web.Response:
        return web.Response()

    async def chain(request: web.Request) -> web.Response:
        here = what_is_here()
        method = request.app["channel"].unary_unary(f"/test.Shop/{request.match_info['method']}")
        answer = json.loads(await method(b"", timeout=60.0))
        return web.json_response({"b": here, **answer})

    async def channel(app: web.Application) -> Any:
        target = f"127.0.0.1:{os.environ['C_GRPC_PORT']}"
        async with grpc.aio.insecure_channel(target) as app["channel"]:
            yield

    app = web.Application()
    app.router.add_get("/", ready)
    app.router.add_get("/{method}", chain)
    app.cleanup_ctx.append(channel)
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)


def c() -> None:
    """grpc.aio, and beside it plain HTTP that tells what has happened to its calls."""
    import grpc
    import grpc.aio
    from aiohttp import web

    seen: list[str] = []

    async def look(request: bytes, context: Any) -> bytes:
        return json.dumps({"c": what_is_here()}).encode()

    async def slow(request: bytes, context: Any) -> bytes:
        seen.append("begun")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return b"{}"

    class Shop(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, details: Any) -> Any:
            behaviors = {"/test.Shop/look": look, "/test.Shop/slow": slow}
            return grpc.unary_unary_rpc_method_handler(behaviors[details.method])

    async def tell(request: web.Request) -> web.Response:
        return web.json_response(seen)

    async def serve() -> None:
        server = grpc.aio.server(handlers=[Shop()])
        server.add_insecure_port(f"127.0.0.1:{os.environ['C_GRPC_PORT']}")
        await server.start()
        app = web.Application()
        app.router.add_get("/", tell)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
        await server.wait_for_termination()

    asyncio.run(serve())


if __name__ == "__main__":
    {"a": a, "b": b, "c": c}[sys.argv[1]]()
