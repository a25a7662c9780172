"""A counter of visits shares one client of Redis, which lives as long as the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Own the client."""
    async with Redis.from_url(app.state.redis_url, max_connections=10) as redis:
        app.state.redis = redis
        yield


async def visit(request: Request) -> JSONResponse:
    """Count a visit."""
    await request.app.state.redis.set(f"visited:{request.path_params['page']}", 1)
    return JSONResponse({})


app = Starlette(routes=[Route("/visits/{page}", visit, methods=["POST"])], lifespan=lifespan)
