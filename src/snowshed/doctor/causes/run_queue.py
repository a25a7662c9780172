"""run-queue: tasks that could run, and wait for a processor.

Looks for: in a trace, a line whose goroutines queue for the processors, fifty for each and more,
and waited for a tenth of a second on average before they ran at all. Without a trace, a thousand
tasks that could run, or have never run.

Why: one ``go`` statement in a loop makes thousands of goroutines in a millisecond, but two, four or
eight run at a time. The scheduler of Go lets each go on for up to 10 ms while others wait, so that
the last of five hundred on ten processors begins after half a second; and so does each request that
has nothing to do with them.

Evidence: how long they waited for their first run, which only a trace knows; which part of all
waiting for processors is theirs; how many one goroutine has made; growth.

Against: where no single goroutine has made many, they are requests that came at the same time: the
service has too few processors for its load, or no limit on what it accepts.

Silence: a fixed number of workers, or a limit such as ``errgroup.SetLimit`` of about as many as
there are processors.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.doctor._case import Growth
from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._family import BUDGET
from snowshed.doctor._looks import MEMBERS_AT_MOST, Group, Where
from snowshed.doctor._program import Whose, place_in, whose
from snowshed.model import Cause, StateClass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.doctor._case import Case
    from snowshed.model import CreationPath, Frame, GoTrace, TracedGoroutine

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "run-queue",
    Cause.UNBOUNDED_FANOUT,
    why="far more tasks are started than there are processors, and each has to wait for its turn, "
    "as has every request beside them",
    go="start as many goroutines as there are processors and give them the work through a channel, "
    "or bound the loop with errgroup.SetLimit(runtime.GOMAXPROCS(0))",
    python="start a few workers that take the work from a queue, or bound the loop with "
    "TaskScope.map(fn, items, limit=...)",
)
# Tasks for each processor, of which each may run for 10 ms: half a second until the last begins.
FOR_EACH = 50
# Seconds until the first run, on average: ten turns of others.
DELAY = 0.1
# The part of all waiting for processors that is theirs; others wait because of them.
PART = 0.2
# Seconds of a trace, from which on it has seen that this goes on.
SECONDS = 1.0
# Without a trace: no program has as many for a good reason.
MANY = 1000
_READY = frozenset({"running", "runnable"})


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each line that has made more than the processors can take."""
    traces = [look.trace for look in case.looks if look.trace is not None]
    yield from _in_trace(case, traces[-1]) if traces else _in_lists(case)


def _in_trace(case: Case, trace: GoTrace) -> Iterator[Suspicion]:
    live: dict[tuple[int, str], list[TracedGoroutine]] = {}
    for each in trace.goroutines:
        if each.created_after is not None:
            live.setdefault((id(each.created_at), each.function), []).append(each)
    waiting = sum(path.times.runnable for path in trace.paths)
    for path in trace.paths:
        if path.older or not path.stack or path.peak < FOR_EACH * max(trace.processors, 1):
            continue
        of_path = live.get((id(path.stack), path.function), [])
        never = [each for each in of_path if each.first_run_after is None]
        spent = path.first_run_total + sum(each.state_for for each in never)
        delay, part = spent / path.count, path.times.runnable / waiting if waiting else 0.0
        made_at = place_in(path.stack)
        if delay >= DELAY and part >= PART and whose(made_at) is Whose.PROGRAM:
            yield _of_path(case, trace, path, of_path, (delay, part))


def _of_path(
    case: Case,
    trace: GoTrace,
    path: CreationPath,
    live: list[TracedGoroutine],
    shares: tuple[float, float],
) -> Suspicion:
    delay, part = shares
    from snowshed.model import GoState  # noqa: PLC0415 - few diagnose traces

    queued = sum(each.state is GoState.RUNNABLE for each in live)
    most = max(Counter(each.creator for each in live).values(), default=0)
    made = f"{path.count:,} were created in the {trace.seconds:.1f} s of the trace"
    processors = max(trace.processors, 1)
    on = f"{processors} processors" if processors > 1 else "one processor"
    evidence = [
        f"{made}, and waited {delay:.2g} s on average before they ran at all",
        f"up to {path.peak:,} lived at once, on {on}; {part:.0%} of all waiting is theirs",
    ]
    against = []
    if most > BUDGET:
        evidence.append(f"one goroutine has made {most:,} of those that live")
    else:
        against.append(f"no goroutine has made more than {most:,} of those that live")
    goes_on = queued >= FOR_EACH * processors and trace.seconds >= SECONDS
    return Suspicion(
        DETAIL,
        _group(case, path, queued),
        0.8 if most > BUDGET else 0.5,
        lasts=goes_on and most > BUDGET,
        evidence=tuple(evidence),
        against=tuple(against),
    )


def _group(case: Case, path: CreationPath, queued: int) -> Group:
    """Return those of ``path`` that wait for a processor in the best look, or tell of all there."""
    made_at, started_at = path.stack[0], place_in(path.stack)
    ready = [each for each in case.groups if each.created_by == made_at and _is_ready(each)]
    if not ready:
        where = Where("runnable", started_at)
        return Group(where, "runnable", (started_at,), made_at, queued or path.peak)
    return _together(ready, started_at)


def _together(groups: list[Group], started_at: Frame | None) -> Group:
    """Return all who could run as one group: at which line they are changes all the time.

    It stands where the program's own code is, as one that has not begun stands in a library that
    was told to start it.
    """
    own = (each for each in groups if whose(each.where.at) is Whose.PROGRAM)
    first = next(own, groups[0])
    at = first.where.at
    if started_at is not None and whose(at) is not Whose.PROGRAM:
        at = started_at
    return replace(
        first,
        where=Where(first.where.state, at),
        count=sum(each.count for each in groups),
        members=[each for group in groups for each in group.members][:MEMBERS_AT_MOST],
    )


def _in_lists(case: Case) -> Iterator[Suspicion]:
    ready = [group for group in case.groups if _is_ready(group)]
    by_line: dict[Frame | None, list[Group]] = {}
    for group in ready:
        by_line.setdefault(group.created_by, []).append(group)
    for groups in by_line.values():
        total = sum(group.count for group in groups)
        if total < MANY:
            continue
        makers = Counter(each.parent for group in groups for each in group.members)
        makers.pop(None, None)
        most = max(makers.values(), default=0)
        evidence = [f"{total:,} could run, and no machine runs as many at once"]
        if most > BUDGET:
            evidence.append(f"one goroutine has made {most:,} of them")
        yield Suspicion(
            DETAIL,
            _together(groups, None),
            0.6 if most > BUDGET else 0.4,
            growth=_growth(case),
            evidence=tuple(evidence),
            against=("how long they wait is not known: a trace tells it (--trace 3s)",),
        )


def _is_ready(group: Group) -> bool:
    return group.state_class is StateClass.READY or group.where.state in _READY


def _growth(case: Case) -> Growth | None:
    """Return how many could run, look by look: at which line they stand changes all the time."""
    looks = [look for look in case.looks if look.groups and not look.only_leaks]
    counts = [sum(group.count for group in look.groups if _is_ready(group)) for look in looks]
    return Growth(tuple(counts)) if len(counts) > 1 else None
