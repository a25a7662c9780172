"""queue-without-consumer: tasks put into a queue that nobody takes from any more.

Looks for: tasks that wait in ``put`` of an ``asyncio.Queue`` that is full, or in ``join`` of one,
and work for requests, or become more; and tasks that no request waits for, and that become more, in
``get`` of one.

Why: the task that takes from the queue has ended, mostly with an exception that nobody has seen, or
was never started. Whoever puts then waits as soon as the queue is full, and whoever waits for that
one does, too.

Evidence: nobody is left that could take from it; the very same tasks still wait at the next look;
there are more of them; what tasks have failed with.

Against: a consumer that is slow makes those before it wait in the same way, and that is how
a bounded queue is meant. So tasks that live as long as the service, such as the stages of
a pipeline, are told only if they become more.

Silence: have the consumer run in a scope, so that its failure is the failure of those that put; put
with a timeout, or ``put_nowait`` and refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._program import Whose, whose
from snowshed.doctor._python_requests import for_requests, request_of, serves_requests
from snowshed.doctor._tasks import FAILED, is_task, label
from snowshed.doctor.causes._waits import stands_in_program, waiters_of_one
from snowshed.model import Cause, TaskState

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "queue-without-consumer",
    Cause.CHANNEL_CASCADE,
    why="the task on the other side of the queue has ended, mostly by an exception that nobody "
    "saw, or was never started",
    go="",
    python="start the consumer in a scope or a TaskGroup, so that its failure is seen; put with "
    "a timeout, or put_nowait and refuse",
)
_PUTS = frozenset({str(TaskState.QUEUE_PUT), str(TaskState.QUEUE_JOIN)})
GETS = str(TaskState.QUEUE_GET)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each line of the program whose tasks wait at a queue, and more speaks against it."""
    for group in case.groups:
        if not group.is_python or not stands_in_program(group):
            continue
        tasks = replace(group, members=[each for each in group.members if is_task(each)])
        if group.members and not tasks.members:
            continue  # threads have queues of their own
        if group.where.state in _PUTS:
            yield _puts(case, tasks)
        elif group.where.state == GETS:
            yield from _gets(case, tasks)


def _puts(case: Case, group: Group) -> Suspicion:
    shared = waiters_of_one(group) > 1
    of_requests = sum(bool(request_of(each)) for each in group.members)
    alone = _nobody_else(case)
    evidence = [*_of_queue(group)]
    if of_requests:
        evidence.append(f"{of_requests:,} of them work for a request")
    if alone:
        evidence.append("no other task of the program is left that could take from it")
    evidence.extend(_failed(case, group))
    return Suspicion(
        DETAIL,
        group,
        0.3 if not shared else 0.75 if alone else 0.6,
        waiting_is_wrong=for_requests(group),
        evidence=tuple(evidence),
        against=("a consumer that is slow looks the same for a while",),
    )


def _gets(case: Case, group: Group) -> Iterator[Suspicion]:
    growth = case.growth(group.where)
    detached = sum(not request_of(each) for each in group.members)
    # Who waits for news on behalf of an open request is a subscriber, and may be many.
    if not serves_requests(case):
        return
    if growth is None or not growth.grows or 2 * detached < max(len(group.members), 1):
        return
    yield Suspicion(
        DETAIL,
        group,
        0.5,
        evidence=(*_of_queue(group), "no request waits for them", *_failed(case, group)),
        against=("workers that are idle wait in the same way, but do not become more",),
    )


def _of_queue(group: Group) -> Iterator[str]:
    queues = sorted({label(each, "resource") for each in group.members} - {""})
    if len(queues) == 1:
        yield f"the queue: {queues[0]}"


def _nobody_else(case: Case) -> bool:
    """Tell whether all other tasks are those of a server, or wait at a queue themselves."""
    if not case.lists_all:
        return False
    for group in case.groups:
        if group.where.state in _PUTS or whose(group.at) is not Whose.PROGRAM:
            continue
        if any(is_task(each) and not request_of(each) for each in group.members):
            return False
    return True


def _failed(case: Case, group: Group) -> Iterator[str]:
    """Yield what a task failed with that may have been the consumer: made near to who waits."""
    near = group.at.file
    failed = [
        each
        for facts in reversed(case.facts)
        for each in facts.ended or ()
        if each.reason == "failed"
    ]
    last = next((each for each in failed if each.created_at.file == near), None)
    kept = next(
        (each for each in case.ended if each.state == FAILED and each.at.file == near), None
    )
    if last is None and kept is not None:
        yield f"a task has failed: {kept.at.function} at {kept.at.file}:{kept.at.line}"
    elif last or failed:
        last = last or failed[0]
        yield f"a task has failed: {last.function} with {last.detail}"
