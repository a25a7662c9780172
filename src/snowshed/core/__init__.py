"""What runs inside the service: scopes, budgets, deadlines, semaphores, channels, pools."""

from __future__ import annotations

from snowshed.core._semaphore import SemaphoreStatistics, WeightedSemaphore

__all__ = ["SemaphoreStatistics", "WeightedSemaphore"]
