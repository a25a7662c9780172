"""What a pool says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """What a `WorkerPool` looked like at one moment, with the counters of Go's pond.

    Every job that was submitted is in exactly one of the five states:
    ``submitted == waiting + running + successful + failed + cancelled``.

    Attributes:
        workers: workers that exist, those that run a nested job in place of its caller included.
        idle: workers that wait for a job.
        min_workers: workers that are kept when there is nothing to do.
        max_workers: workers that may exist.
        queue_size: jobs that may wait in the queue.
        submitters: callers that wait for a place.
        submitted: jobs that were accepted.
        waiting: accepted jobs that have not begun, the length of the queue.
        running: jobs that have begun and not ended.
        successful: jobs that returned.
        failed: jobs that raised.
        cancelled: jobs that were cancelled, in the queue or while they ran.
        dropped: submissions that were refused for want of a place.
    """

    workers: int
    idle: int
    min_workers: int
    max_workers: int
    queue_size: int
    submitters: int
    submitted: int
    waiting: int
    running: int
    successful: int
    failed: int
    cancelled: int
    dropped: int
