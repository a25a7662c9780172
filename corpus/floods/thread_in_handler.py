"""Forty reports are ordered at once, and drawing takes as long as the flood does."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

MEASURES = "threads at once while 40 reports are ordered"
AT_MOST = 12
VIRTUAL = False


async def flood(service: Any) -> float:
    """Order the reports."""
    drawn, asked = threading.Event(), 0

    def render(report: str) -> str:
        drawn.wait()
        return report

    service.render = render
    async with TestClient(TestServer(service.app)) as client:

        async def order(number: int) -> None:
            nonlocal asked
            asked += 1
            async with client.post(f"/reports/{number}") as answer:
                assert answer.status in {201, 202}

        async with asyncio.TaskGroup() as group:
            for number in range(40):
                group.create_task(order(number))
            most = 0
            for _ in range(100):
                most = max(most, threading.active_count())
                if most > 40:
                    break
                await asyncio.sleep(0.01)
            drawn.set()
    assert asked == 40
    return most
