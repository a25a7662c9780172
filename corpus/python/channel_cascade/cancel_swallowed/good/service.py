"""A worker survives every error of a job; being cancelled is none."""

import asyncio
import logging

log = logging.getLogger(__name__)


class Worker:
    """Does the jobs of a queue."""

    def __init__(self, jobs: asyncio.Queue[object]) -> None:
        self.jobs = jobs
        self.failed = 0

    async def run(self) -> None:
        """Do one job after another."""
        while True:
            job = await self.jobs.get()
            try:
                await job.run()
            except Exception as error:
                self.failed += 1
                log.warning("a job has failed: %r", error)
