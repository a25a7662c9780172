"""Plain data that the layers above exchange: no behaviour, no input or output."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from snowshed.model._finding import Cause, Finding, Related, Severity
from snowshed.model._goroutine import Ancestor, Goroutine, GoroutineDump, StateClass
from snowshed.model._profile import Profile, Sample, ValueType
from snowshed.model._spawned import RequestsOver, RequestTasks, Spawned
from snowshed.model._stack import Frame, Stack
from snowshed.model._task import Resource, TaskSnapshot, TaskState

if TYPE_CHECKING:
    from snowshed.model._gotrace import (
        BlockedAt,
        CreationPath,
        GoState,
        GoTrace,
        Pause,
        StateTimes,
        TracedGoroutine,
    )
    from snowshed.model._request import RequestReport, SiteCount

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

# What few need, and takes a while to load: each class of a trace costs half a millisecond.
_LATER = {
    **dict.fromkeys(("BlockedAt", "CreationPath", "GoState", "GoTrace"), "_gotrace"),
    **dict.fromkeys(("Pause", "StateTimes", "TracedGoroutine"), "_gotrace"),
    **dict.fromkeys(("RequestReport", "SiteCount"), "_request"),
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return found
