"""A counter of visits makes a client of Redis for each visit, and with it a pool of connections.

It looks like a handle, and is a pool. Each visit connects anew, and nobody closes: what is open
goes when it is found to be garbage. In a flood there are as many connections as there are visits,
until Redis says "max number of clients reached", to this service and to all others.

Cause: unreleased-resource. In the wild: aleph-im/aleph-vm#111, redis/redis-py#2831.
"""

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def visit(request: Request) -> JSONResponse:
    """Count a visit."""
    redis = Redis.from_url(request.app.state.redis_url)  # bug: SN503
    await redis.set(f"visited:{request.path_params['page']}", 1)
    return JSONResponse({})


app = Starlette(routes=[Route("/visits/{page}", visit, methods=["POST"])])
