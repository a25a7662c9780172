"""What the baselines of several areas have in common: tasks that do nothing, started in batches."""

from __future__ import annotations

import asyncio

# What a handler with a fan-out starts; awaited before the next batch begins.
BATCH = 50


async def noop() -> None:
    """Do nothing, which shows the cost of everything around it."""


async def batch() -> None:
    """Start a batch of tasks and wait for each of them."""
    tasks = [asyncio.create_task(noop()) for _ in range(BATCH)]
    for task in tasks:
        await task


async def batches(operations: int) -> None:
    """Start ``operations`` tasks, batch after batch."""
    for _ in range(operations // BATCH):
        await batch()
