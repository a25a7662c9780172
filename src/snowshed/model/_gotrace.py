"""What a Go execution trace tells: the life of each goroutine, and where time was spent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model._stack import Stack


class GoState(StrEnum):
    """What a goroutine does, as far as the scheduler of Go is concerned."""

    RUNNABLE = "runnable"
    """Could run, and waits for a processor; also one that has not run yet."""
    RUNNING = "running"
    WAITING = "waiting"
    SYSCALL = "syscall"
    """In a call of the operating system, or in C code."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class StateTimes:
    """Seconds that were spent in each state, with what lasted on when the trace ended."""

    runnable: float = 0.0
    running: float = 0.0
    waiting: float = 0.0
    syscall: float = 0.0


@dataclass(frozen=True, slots=True)
class TracedGoroutine:
    """One goroutine, for as long as it was traced.

    Attributes:
        id: the same number for the same goroutine, as long as the process lives.
        function: that it was made to run; empty if that is not told.
        created_at: where its creator stood, the innermost call (the ``go`` statement) first; empty
            if it is older than the trace.
        creator: id of the goroutine that created it; None if it is older than the trace, or no
            goroutine did.
        created_after: seconds from the start of the trace; None if it is older.
        first_run_after: seconds from its creation until it ran; None if it has not, or is older.
        times: seconds in each state.
        state: at the end of the trace.
        state_for: seconds that it had been in ``state`` by then; for one that has ended, seconds
            from its creation to its end.
        reason: what it waits for, or waited for last, in the runtime's words (``chan receive``,
            ``sync``, ``network``); ``syscall`` for a call of the operating system. Empty if it
            never did or was interrupted since, or if the wait began before the trace.
        stack: where it was seen last: where it waits, has waited, or was interrupted, the innermost
            call first; of one that was never seen to, where it begins. Empty if that is not known.
        woken_by: id of the goroutine that ended its last wait; None if none has, or it was none: a
            timer, the network.
        woken_at: where that one stood.
        moved: whether anything happened to it; else it is older than the trace and stood still.
    """

    id: int
    function: str
    created_at: Stack
    creator: int | None
    created_after: float | None
    first_run_after: float | None
    times: StateTimes
    state: GoState
    state_for: float
    reason: str
    stack: Stack
    woken_by: int | None
    woken_at: Stack
    moved: bool


@dataclass(frozen=True, slots=True)
class CreationPath:
    """All goroutines that were created in one way: the same function, from the same place.

    Of those that are older than the trace that place is not known; they are told apart by their
    outermost call.

    Attributes:
        stack: where their creator stood, the innermost call first; empty if that is not known.
        function: that they were made to run; empty if that is not told.
        older: they were there before the trace.
        count: goroutines.
        rate: goroutines created in a second, on average over the trace; 0 if they are older.
        peak: the most that lived at once.
        live: that lived when the trace ended.
        times: seconds in each state, of all of them together. ``runnable`` is what they waited for
            a processor, the time until they ran first included.
        started: of those created in the trace, how many have run.
        first_run_total: seconds from creation until the first run, of all these together.
        first_run_most: the longest of them.
        widest: the most that lived at once of those that one goroutine has created in one go,
            without a wait or a call of the system in between: so for one request, as each ends with
            a call that writes.
        maker: that goroutine; None if none is known.
        makers: goroutines that had more than fifty such.
        samples: of those that have ended, the few that lived longest, these first.
    """

    stack: Stack
    function: str
    older: bool
    count: int
    rate: float
    peak: int
    live: int
    times: StateTimes
    started: int
    first_run_total: float
    first_run_most: float
    widest: int = 0
    maker: TracedGoroutine | None = None
    makers: int = 0
    samples: tuple[TracedGoroutine, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockedAt:
    """A place where goroutines waited, or were in a call of the operating system.

    Attributes:
        reason: in the runtime's words, such as ``chan send``; ``syscall`` for a call of the
            operating system.
        stack: the place, the innermost call first; empty if not known.
        count: waits that were seen to begin and to end.
        seconds: these took.
        open: waits that had not ended when the trace did.
        open_seconds: that these had lasted by then.
        wakers: places from where waits were ended, and how often; the most frequent first. An empty
            stack: nobody's code, or not known.
    """

    reason: str
    stack: Stack
    count: int
    seconds: float
    open: int = 0
    open_seconds: float = 0.0
    wakers: tuple[tuple[Stack, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """All goroutines were stopped for a while.

    Attributes:
        kind: what for, in the runtime's words, such as ``GC mark termination``.
        after: seconds from the start of the trace.
        seconds: from the request to stop until all ran on.
        stack: who asked for it.
    """

    kind: str
    after: float
    seconds: float
    stack: Stack


@dataclass(frozen=True, slots=True)
class GoTrace:
    """What a Go execution trace tells.

    Attributes:
        version: of the format, such as 26 for what Go 1.26 and 1.27 write.
        seconds: that the trace covers.
        time_nanos: when it began, in nanoseconds since 1970; 0 if it is not told (before Go 1.25).
        generations: parts of about a second that were read.
        goroutines: those that lived when the trace ended, by id.
        ancestors: those that have ended, and have created one of ``goroutines``, or who created it,
            and so on, within the trace; by id.
        left_out: goroutines that lived, too, but are only counted in ``paths``: those that had been
            in their state for the shortest time.
        paths: the ways in which goroutines were created, the most frequent first.
        blocked: the places where they waited, those that took most time first.
        processors: how many could run at once, at the most (``GOMAXPROCS``); 0 if that is not told.
        pauses: the stops of the whole program, in order of time.
        events: how many of each type, by the name that ``go tool trace -d=wire`` has for it.
        warnings: what could not be read, and where; what was left out.
    """

    version: int
    seconds: float
    time_nanos: int
    generations: int
    goroutines: tuple[TracedGoroutine, ...]
    ancestors: tuple[TracedGoroutine, ...]
    left_out: int
    paths: tuple[CreationPath, ...]
    blocked: tuple[BlockedAt, ...]
    processors: int
    pauses: tuple[Pause, ...]
    events: dict[str, int]
    warnings: tuple[str, ...] = ()
