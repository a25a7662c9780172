"""executor-starved: jobs wait for a thread, and all threads are busy.

Looks for: tasks that have given a job to threads (``asyncio.to_thread``, ``run_in_executor``,
a handler of FastAPI that is no coroutine) which no thread has begun, while every thread of the
executors has something to do.

Why: an executor has few threads, by default six on a machine with two processors, and a job that
blocks without a deadline keeps one for as long as it lasts. Whatever else uses threads then waits
behind: files, name lookups, password hashes.

Evidence: the lines where the threads stand; that the same jobs still wait at the next look.

Against: a burst of short jobs waits too, for a moment. Jobs that have gone on by the next look are
told as ``low`` at most.

Silence: a timeout inside the job, an executor of its own for what is slow, or a limit on how many
such jobs are made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._tasks import is_task, label
from snowshed.model import Cause, Related, TaskState

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Frame, Goroutine

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "executor-starved",
    Cause.MISSING_DEADLINE,
    why="each job that blocks keeps one of a few threads, and all others wait behind",
    go="",
    python="give what the jobs wait for a timeout, and slow work an executor of its own; "
    "TaskScope.run_sync and a limit bound how many are made",
)
# As the service says of a job that no thread has begun.
QUEUED = "no thread has begun"
# From so many on, that they still wait at the next look is no chance.
STILL = 3
PLACES = 3
_WORKERS = (
    ("concurrent/futures/thread.py", "_worker"),
    ("anyio/_backends/_asyncio.py", "WorkerThread.run"),
)
_IDLE = frozenset({str(TaskState.POOL), str(TaskState.QUEUE_GET)})


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group of tasks whose jobs wait, if no thread is free."""
    busy = _busy(case)
    if not busy:
        return
    for group in case.groups:
        waits = [each for each in group.members if _waits_for_thread(each, group)]
        if not waits:
            continue
        queued = replace(group, members=waits, count=len(waits))
        stayed = case.stayed(queued)
        yield Suspicion(
            DETAIL,
            queued,
            0.85 if stayed else 0.5,
            lasts=stayed >= STILL and stayed >= len(waits) / 2,
            evidence=tuple(_said(busy, waits, stayed)),
            against=() if stayed else ("a burst of short jobs waits in the same way",),
            related=tuple(
                Related(at, f"{count:,} of the threads are here")
                for at, count in busy.most_common(PLACES)
            ),
        )


def _said(busy: Counter[Frame], waits: list[Goroutine], stayed: int) -> Iterator[str]:
    threads = busy.total()
    whose = "the only thread" if threads == 1 else f"all {threads:,} threads"
    yield f"{whose} for such jobs are busy" if threads > 1 else f"{whose} for such jobs is busy"
    if stayed:
        yield f"{stayed:,} of {len(waits):,} jobs waited at the look before, too"


def _waits_for_thread(each: Goroutine, group: Group) -> bool:
    if not is_task(each):
        return False
    if group.where.state == TaskState.THREAD:
        return QUEUED in label(each, "resource")
    # What FastAPI and Starlette use lets no more jobs in than it has threads.
    return group.where.state == TaskState.SEMAPHORE and any(
        frame.function.rpartition(".")[2].startswith("run_sync") and "anyio" in frame.file
        for frame in each.stack
    )


def _busy(case: Case) -> Counter[Frame]:
    """Return where the threads for jobs stand; nothing if one of them is free."""
    found: Counter[Frame] = Counter()
    for group in case.groups:
        threads = sum(map(_is_worker, group.members))
        if threads and group.where.state in _IDLE:
            return Counter()
        if threads:
            found[group.at] += threads
    return found


def _is_worker(each: Goroutine) -> bool:
    if label(each, "kind") != "thread":
        return False
    return any(
        frame.file.replace("\\", "/").endswith(file) and frame.function.endswith(function)
        for frame in each.stack
        for file, function in _WORKERS
    )
