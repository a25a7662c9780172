"""What runs inside the service: scopes, budgets, deadlines, semaphores, channels, pools."""

from __future__ import annotations

from snowshed.core._channel import (
    ChannelStatistics,
    Clause,
    ReceiveChannel,
    SendChannel,
    open_channel,
)
from snowshed.core._current import current_scope, open_scope, remaining
from snowshed.core._hooks import Level
from snowshed.core._map import ScopeMap
from snowshed.core._pool import Job, PoolStatistics, WorkerPool
from snowshed.core._scope import ScopeStatistics, TaskScope
from snowshed.core._select import select
from snowshed.core._semaphore import SemaphoreStatistics, WeightedSemaphore

__all__ = [
    "ChannelStatistics",
    "Clause",
    "Job",
    "Level",
    "PoolStatistics",
    "ReceiveChannel",
    "ScopeMap",
    "ScopeStatistics",
    "SemaphoreStatistics",
    "SendChannel",
    "TaskScope",
    "WeightedSemaphore",
    "WorkerPool",
    "current_scope",
    "open_channel",
    "open_scope",
    "remaining",
    "select",
]
