"""What a Python service tells of its tasks as JSON, beyond what Go's profiles have room for."""

from __future__ import annotations

from snowshed.doctor._tasks._facts import (
    Blocking,
    Client,
    Ended,
    Facts,
    Knot,
    Line,
    Lock,
    OpenRequest,
)
from snowshed.doctor._tasks._forms import Counted
from snowshed.doctor._tasks._goroutines import (
    ENDED,
    FAILED,
    awaited,
    born,
    is_task,
    label,
    of_process,
)
from snowshed.doctor._tasks._read import TaskReport, is_json, read

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
    "is_json",
    "is_task",
    "label",
    "of_process",
    "read",
]
