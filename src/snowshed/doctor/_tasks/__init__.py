"""What a Python service tells of its tasks as JSON, beyond what Go's profiles have room for.

What reads it is in ``_read``, which is loaded only for JSON.
"""

from __future__ import annotations

from snowshed.doctor._tasks._facts import (
    Blocking,
    Client,
    Counted,
    Ended,
    Facts,
    Knot,
    Line,
    Lock,
    OpenRequest,
    TaskReport,
)
from snowshed.doctor._tasks._goroutines import (
    ENDED,
    FAILED,
    awaited,
    born,
    is_task,
    label,
    of_process,
)

__all__ = [
    "ENDED",
    "FAILED",
    "Blocking",
    "Client",
    "Counted",
    "Ended",
    "Facts",
    "Knot",
    "Line",
    "Lock",
    "OpenRequest",
    "TaskReport",
    "awaited",
    "born",
    "is_task",
    "label",
    "of_process",
]
