"""One of three services in a row: calls the one at NEXT, or fails everything if there is none."""

from __future__ import annotations

import os

import httpx2
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from snowshed.integrations.asgi import RequestScopeMiddleware
from snowshed.shed import Backoff, RetryBudget, Target

PROPAGATES = os.environ.get("PROPAGATES", "yes") == "yes"

next_one = os.environ.get("NEXT")
app = FastAPI()
if PROPAGATES:
    app.add_middleware(RequestScopeMiddleware, budget=None)
client = httpx2.AsyncClient(timeout=60.0, trust_env=False)
target = Target("next", retries=RetryBudget("next", min_per_second=0))
asked: list[str] = []


async def call() -> None:
    (await client.get(f"{next_one}/guarded")).raise_for_status()


async def call_naively() -> None:
    (await client.get(f"{next_one}/naive")).raise_for_status()


@app.exception_handler(httpx2.HTTPStatusError)
async def bad_gateway(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({}, status_code=502)


@app.get("/")
async def ready() -> int:
    return len(asked)


@app.get("/guarded")
async def guarded() -> None:
    count("guarded")
    await target.run(call, attempts=3, backoff=Backoff(0.0))


@app.get("/naive")
async def naive() -> None:
    count("naive")
    for _ in range(2):
        try:
            return await call_naively()
        except httpx2.HTTPStatusError:
            pass
    return await call_naively()


def count(how: str) -> None:
    asked.append(how)
    if next_one is None:
        raise HTTPException(503, "down")
