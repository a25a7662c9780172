"""What runs inside the service: scopes, budgets, deadlines, semaphores, channels, pools."""

from __future__ import annotations

from snowshed.core._current import current_scope, open_scope, remaining
from snowshed.core._hooks import Level
from snowshed.core._map import ScopeMap
from snowshed.core._scope import ScopeStatistics, TaskScope
from snowshed.core._semaphore import SemaphoreStatistics, WeightedSemaphore

__all__ = [
    "Level",
    "ScopeMap",
    "ScopeStatistics",
    "SemaphoreStatistics",
    "TaskScope",
    "WeightedSemaphore",
    "current_scope",
    "open_scope",
    "remaining",
]
