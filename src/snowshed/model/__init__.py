"""Plain data that the layers above exchange: no behaviour, no input or output."""

from __future__ import annotations

from snowshed.model._goroutine import Ancestor, Goroutine, GoroutineDump, StateClass
from snowshed.model._profile import Profile, Sample, ValueType
from snowshed.model._request import RequestReport, SiteCount
from snowshed.model._stack import Frame, Stack
from snowshed.model._task import Resource, TaskSnapshot, TaskState

__all__ = [
    "Ancestor",
    "Frame",
    "Goroutine",
    "GoroutineDump",
    "Profile",
    "RequestReport",
    "Resource",
    "Sample",
    "SiteCount",
    "Stack",
    "StateClass",
    "TaskSnapshot",
    "TaskState",
    "ValueType",
]
