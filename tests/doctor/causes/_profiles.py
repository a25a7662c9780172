"""Profiles of goroutines, which show the calls of the runtime and no makers."""

from __future__ import annotations

from snowshed.doctor import Loaded, Look, look_at
from snowshed.model import Frame, Profile, Sample, ValueType


def profile(*counted: tuple[int, tuple[str, ...]], leaks: bool = False) -> Look:
    """A profile of so many in calls, each ``function:line``, the innermost first."""
    samples = tuple(
        Sample(tuple(map(_frame, ("runtime.gopark:1", *calls))), (count,))
        for count, calls in counted
    )
    kind = ValueType("goroutineleak" if leaks else "goroutine", "count")
    found = look_at(Loaded("profile", Profile((kind,), samples, kind, 1)))
    assert found is not None
    return found


def _frame(call: str) -> Frame:
    function, _, line = call.rpartition(":")
    return Frame(function, "/srv/shop/main.go", int(line))
