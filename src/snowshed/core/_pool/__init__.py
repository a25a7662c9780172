"""A bounded number of workers for an unbounded number of jobs."""

from __future__ import annotations

from snowshed.core._pool._job import Job
from snowshed.core._pool._pool import WorkerPool
from snowshed.core._pool._statistics import PoolStatistics

__all__ = ["Job", "PoolStatistics", "WorkerPool"]
