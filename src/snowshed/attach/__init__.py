"""Watching and bounding a service that knows nothing of snowshed.

`init` does it in code; `snowshed run` without.
"""

from __future__ import annotations

from snowshed.attach._init import init, start_from_environment
from snowshed.attach._runtime import Runtime, RuntimeStatistics
from snowshed.attach._settings import Settings

__all__ = ["Runtime", "RuntimeStatistics", "Settings", "init", "start_from_environment"]
