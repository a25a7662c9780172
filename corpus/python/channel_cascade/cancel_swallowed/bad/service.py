"""A worker survives every error of a job, and also being cancelled.

`CancelledError` is caught with the others and the loop goes on. At a deployment the service waits
for its workers until it is killed, and the jobs in them are lost without a trace.

Cause: channel-cascade. In the wild: langflow-ai/langflow#6625, cjrh/aiorun#77.
"""

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
            try:
                job = await self.jobs.get()
                await job.run()
            except BaseException as error:  # bug: SN314
                self.failed += 1
                log.warning("a job has failed: %r", error)
