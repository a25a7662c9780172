"""A small circuit breaker, and calls through it that fail or succeed."""

from __future__ import annotations

import asyncio
import contextlib

from snowshed.shed import CircuitBreaker


def breaker(**changed):
    figures = {"last_calls": 10, "minimum_calls": 4, "jitter": 0.0, "probes": 4}
    return CircuitBreaker("db", **(figures | changed))


async def fails(guard, times=1):
    for _ in range(times):
        with contextlib.suppress(OSError):
            async with guard:
                raise OSError


async def succeeds(guard, times=1, took=0.0):
    for _ in range(times):
        async with guard:
            await asyncio.sleep(took)
