"""Two jobs are done, one of which fails, and then the service stops."""

from __future__ import annotations

import asyncio
from typing import Any

MEASURES = "workers that run on, a minute after they were cancelled"
AT_MOST = 0
VIRTUAL = True


class Job:
    """Something to do, or not to be done."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.was_run = False

    async def run(self) -> None:
        """Do it."""
        self.was_run = True
        if self.error is not None:
            raise self.error


async def flood(service: Any) -> float:
    """Work and stop."""
    jobs: asyncio.Queue[Job] = asyncio.Queue()
    bad, good = Job(ValueError("no")), Job(None)
    jobs.put_nowait(bad)
    jobs.put_nowait(good)
    worker = service.Worker(jobs)
    working = asyncio.create_task(worker.run())
    await asyncio.sleep(1)
    assert (bad.was_run, good.was_run, worker.failed) == (True, True, 1)
    working.cancel()
    _, pending = await asyncio.wait([working], timeout=60)
    return len(pending)
