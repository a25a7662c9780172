"""Fifty forecasts are asked for, one after another."""

from __future__ import annotations

from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from corpus.floods._world import Server

MEASURES = "connections made for 50 requests, one after another"
AT_MOST = 5
VIRTUAL = False


async def flood(service: Any) -> float:
    """Ask."""
    async with Server(b'{"sun": true}').serving() as weather:
        service.app["weather"] = weather.url
        async with TestClient(TestServer(service.app)) as client:
            for _ in range(50):
                async with client.get("/forecast") as answer:
                    assert await answer.json() == {"sun": True}
        return weather.connections
