"""Groups of tasks: starting a no-op in one and waiting for it."""

from __future__ import annotations

import asyncio

from benchmarks._runner import Case, LoopKind, Section
from benchmarks._spawning import BATCH, batches, noop
from snowshed import open_scope

GOAL = 1.6


async def _scope(operations: int) -> None:
    for _ in range(operations // BATCH):
        async with open_scope("batch", budget=2 * BATCH) as scope:
            tasks = [await scope.spawn(noop) for _ in range(BATCH)]
            for task in tasks:
                await task


async def _scope_with_limit(operations: int) -> None:
    for _ in range(operations // BATCH):
        async with open_scope("batch", budget=2 * BATCH, limit=BATCH) as scope:
            tasks = [await scope.spawn(noop) for _ in range(BATCH)]
            for task in tasks:
                await task


async def _task_group(operations: int) -> None:
    for _ in range(operations // BATCH):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(noop()) for _ in range(BATCH)]
            for task in tasks:
                await task


async def _anyio(operations: int) -> None:
    import anyio

    for _ in range(operations // BATCH):
        async with anyio.create_task_group() as group:
            for _ in range(BATCH):
                group.start_soon(noop)


async def _aiojobs(operations: int) -> None:
    import aiojobs

    async with aiojobs.Scheduler(limit=BATCH) as scheduler:
        for _ in range(operations // BATCH):
            jobs = [await scheduler.spawn(noop()) for _ in range(BATCH)]
            for job in jobs:
                await job.wait()


async def _aiotools(operations: int) -> None:
    import aiotools

    for _ in range(operations // BATCH):
        async with aiotools.TaskScope() as scope:
            tasks = [scope.create_task(noop()) for _ in range(BATCH)]
            for task in tasks:
                await task


async def _aiometer(operations: int) -> None:
    import aiometer

    for _ in range(operations // BATCH):
        await aiometer.run_all([noop] * BATCH)


def sections(loop: LoopKind) -> list[Section]:
    """Return the section of the task groups."""
    cases = (
        Case("TaskScope.spawn", _scope, GOAL),
        Case("TaskScope.spawn, with a limit", _scope_with_limit),
        Case("asyncio.TaskGroup", _task_group),
        Case("anyio.TaskGroup", _anyio, needs="anyio"),
        Case("aiojobs.Scheduler", _aiojobs, needs="aiojobs"),
        Case("aiotools.TaskScope", _aiotools, needs="aiotools"),
        Case("aiometer.run_all", _aiometer, needs="aiometer"),
    )
    return [Section("scope", Case("create_task", batches), cases, 1500, loop)]
