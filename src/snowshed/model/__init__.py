"""Plain data that the layers above exchange: no behaviour, no input or output."""

from __future__ import annotations

from snowshed.model._finding import Cause, Finding, Related, Severity
from snowshed.model._goroutine import Ancestor, Goroutine, GoroutineDump, StateClass
from snowshed.model._gotrace import (
    BlockedAt,
    CreationPath,
    GoState,
    GoTrace,
    Pause,
    StateTimes,
    TracedGoroutine,
)
from snowshed.model._profile import Profile, Sample, ValueType
from snowshed.model._request import RequestReport, SiteCount
from snowshed.model._spawned import RequestsOver, RequestTasks, Spawned
from snowshed.model._stack import Frame, Stack
from snowshed.model._task import Resource, TaskSnapshot, TaskState

__all__ = [
    "Ancestor",
    "BlockedAt",
    "Cause",
    "CreationPath",
    "Finding",
    "Frame",
    "GoState",
    "GoTrace",
    "Goroutine",
    "GoroutineDump",
    "Pause",
    "Profile",
    "Related",
    "RequestReport",
    "RequestTasks",
    "RequestsOver",
    "Resource",
    "Sample",
    "Severity",
    "SiteCount",
    "Spawned",
    "Stack",
    "StateClass",
    "StateTimes",
    "TaskSnapshot",
    "TaskState",
    "TracedGoroutine",
    "ValueType",
]
