"""The types of events of a trace, as Go names them."""

from __future__ import annotations

from typing import Final

__all__ = ["EVENTS", "FIRST_OF_HEAP"]

# From here on: what GODEBUG=traceallocfree=1 adds. All others are below.
FIRST_OF_HEAP: Final = 128

# By number: the name, and how many numbers follow the type of a timed event, the time included; 0
# for what frames the rest and is read in other ways.
EVENTS: Final[tuple[tuple[str, int], ...]] = (
    ("", 0),
    ("EventBatch", 0),
    ("Stacks", 0),
    ("Stack", 0),
    ("Strings", 0),
    ("String", 0),
    ("CPUSamples", 0),
    ("CPUSample", 0),
    ("Frequency", 0),
    ("ProcsChange", 3),
    ("ProcStart", 3),
    ("ProcStop", 1),
    ("ProcSteal", 4),
    ("ProcStatus", 3),
    ("GoCreate", 4),
    ("GoCreateSyscall", 2),
    ("GoStart", 3),
    ("GoDestroy", 1),
    ("GoDestroySyscall", 1),
    ("GoStop", 3),
    ("GoBlock", 3),
    ("GoUnblock", 4),
    ("GoSyscallBegin", 3),
    ("GoSyscallEnd", 1),
    ("GoSyscallEndBlocked", 1),
    ("GoStatus", 4),
    ("STWBegin", 3),
    ("STWEnd", 1),
    ("GCActive", 2),
    ("GCBegin", 3),
    ("GCEnd", 2),
    ("GCSweepActive", 2),
    ("GCSweepBegin", 2),
    ("GCSweepEnd", 3),
    ("GCMarkAssistActive", 2),
    ("GCMarkAssistBegin", 2),
    ("GCMarkAssistEnd", 1),
    ("HeapAlloc", 2),
    ("HeapGoal", 2),
    ("GoLabel", 2),
    ("UserTaskBegin", 5),
    ("UserTaskEnd", 3),
    ("UserRegionBegin", 4),
    ("UserRegionEnd", 4),
    ("UserLog", 5),
    ("GoSwitch", 3),
    ("GoSwitchDestroy", 3),
    ("GoCreateBlocked", 4),
    ("GoStatusStack", 5),
    ("ExperimentalBatch", 0),
    ("Sync", 0),
    ("ClockSnapshot", 0),
    ("EndOfGeneration", 0),
    *[("", 0)] * (FIRST_OF_HEAP - 53),
    ("Span", 4),
    ("SpanAlloc", 4),
    ("SpanFree", 2),
    ("HeapObject", 3),
    ("HeapObjectAlloc", 3),
    ("HeapObjectFree", 2),
    ("GoroutineStack", 3),
    ("GoroutineStackAlloc", 3),
    ("GoroutineStackFree", 2),
)
