"""What tests ask a Go execution trace that was made by hand."""

from __future__ import annotations

import io

from _trace_writer import Generation, trace
from snowshed.formats import gotrace
from snowshed.model import BlockedAt, Frame, GoTrace, StateTimes, TracedGoroutine

NANO = 1e-9


def read(*generations: Generation, version: int = 26) -> GoTrace:
    found = gotrace.read(io.BytesIO(trace(*generations, version=version)))
    assert found.warnings == ()
    return found


def goroutine(found: GoTrace, id_: int) -> TracedGoroutine:
    """Return a goroutine: one that lives, or a sample of those that have ended."""
    ended = [sample for path in found.paths for sample in path.samples]
    (one_,) = (each for each in [*found.goroutines, *ended] if each.id == id_)
    return one_


def place(found: GoTrace, reason: str) -> BlockedAt:
    (one_,) = (each for each in found.blocked if each.reason == reason)
    return one_


def frame(function: str, line: int) -> Frame:
    return Frame(function, "/app/main.go", line)


def nanos(times: StateTimes) -> tuple[int, ...]:
    spent = (times.runnable, times.running, times.waiting, times.syscall)
    return tuple(round(each / NANO) for each in spent)
