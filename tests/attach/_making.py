"""Makes clients of one library at a line for each, under snowshed, and prints what was counted."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module

import msgspec

import snowshed

KEPT: list[object] = []
CLASSES = {
    "aiohttp": ("aiohttp", "ClientSession"),
    "httpx": ("httpx", "AsyncClient"),
    "httpx2": ("httpx2", "AsyncClient"),
    "redis": ("redis.asyncio", "Redis"),
}


async def make(library: str) -> None:
    module, name = CLASSES[library]
    kind = getattr(import_module(module), name)
    for _ in range(3):
        KEPT.append(kind())  # kept
    for _ in range(2):
        client = kind()  # closed
        await (client.aclose() if hasattr(client, "aclose") else client.close())
        KEPT.append(client)
    client = kind()  # dropped
    await (client.aclose() if hasattr(client, "aclose") else client.close())
    del client


runtime = snowshed.init(mode=sys.argv[2])
asyncio.run(make(sys.argv[1]))
print(json.dumps(msgspec.to_builtins(runtime.clients.statistics())))
