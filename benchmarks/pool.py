"""Worker pools: a job that does nothing, submitted and awaited, against a task of its own."""

from __future__ import annotations

import asyncio

from benchmarks._runner import Case, LoopKind, Section
from benchmarks._spawning import BATCH, batches, noop
from snowshed import WorkerPool

GOAL = 0.8
WORKERS = 10


async def _worker_pool(operations: int) -> None:
    async with WorkerPool(noop, min_workers=WORKERS, max_workers=WORKERS, queue_size=BATCH) as pool:
        for _ in range(operations // BATCH):
            jobs = [pool.submit_nowait() for _ in range(BATCH)]
            for job in jobs:
                await job


async def _awaited_submit(operations: int) -> None:
    async with WorkerPool(noop, min_workers=WORKERS, max_workers=WORKERS, queue_size=BATCH) as pool:
        for _ in range(operations // BATCH):
            jobs = [await pool.submit() for _ in range(BATCH)]
            for job in jobs:
                await job


async def _serve(queue: asyncio.Queue[asyncio.Future[None]]) -> None:
    while True:
        answer = await queue.get()
        await noop()
        answer.set_result(None)


async def _queue_of_workers(operations: int) -> None:
    """The least that a pool can do: no context, no cancellation, no error, no end."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()
    workers = [loop.create_task(_serve(queue)) for _ in range(WORKERS)]
    for _ in range(operations // BATCH):
        answers = [loop.create_future() for _ in range(BATCH)]
        for answer in answers:
            queue.put_nowait(answer)
        for answer in answers:
            await answer
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


def sections(loop: LoopKind) -> list[Section]:
    """Return the section of the pools."""
    cases = (
        Case("WorkerPool.submit_nowait", _worker_pool, GOAL),
        Case("WorkerPool.submit", _awaited_submit, GOAL),
        Case("workers on an asyncio.Queue", _queue_of_workers),
    )
    return [Section("pool", Case("create_task", batches), cases, 2500, loop)]
