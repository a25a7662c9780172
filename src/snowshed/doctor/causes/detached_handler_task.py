"""detached-handler-task: a handler has started something, and ended without it.

Looks for: goroutines that a handler has made and that outlive it: the goroutine that served the
request has ended, or its connection waits for the next request, and they go on.

Why: nobody owns such a task. Nothing cancels it, its error goes nowhere, and as each request starts
one, there are as many as requests came while they last. When what they do becomes slow, they pile
up.

Evidence: several handlers have left some behind at the same line; others stand in the same function
now; there are more from look to look.

Against: a job in the background may be meant to outlive its request. One line that a single handler
has come to may be a pool that it has set up for all, and is not told; nor is who reads from a
connection that the handler has taken over, as WebSockets do.

Silence: have the handler wait for it, or give it to workers of a fixed number, with a deadline of
its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._family import Bond
from snowshed.doctor._origin import own_calls
from snowshed.doctor._python_requests import left_behind
from snowshed.model import Cause, StateClass

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._family import Tasks
    from snowshed.doctor._lineage import Lineage
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "detached-handler-task",
    Cause.DETACHED_SPAWN,
    why="the handler returns without it: nothing cancels it, nobody sees its error, and there are "
    "as many as requests come while they last",
    go="wait for it before the handler returns (errgroup with the context of the request), or hand "
    "it to workers of a fixed number with a deadline of its own: context.WithoutCancel and "
    "WithTimeout",
    python="start it in the scope of the request, or give it to a WorkerPool with a deadline; "
    "TaskScope.detach says that it is meant to outlive",
)
_MEANT = "a job in the background may be meant to outlive its request"
# From so many handlers on it is no single start of something.
SEVERAL = 2
# Where nothing shows that it was a handler, short lives at one line have to be some more.
SEVERAL_UNKNOWN = 3
# What others say of waits like these is more exact,
_TOLD_BY_OTHERS = frozenset({StateClass.CHANNEL, StateClass.LOCK, StateClass.WAIT})
# but for these where the channel is not one between the handler and a function in it.
_MAY_BE_WORK = frozenset({"chan receive", "select"})


@dataclass(slots=True)
class _Left:
    """What handlers have left behind in one group.

    Attributes:
        back: how many were made by whose connection waits for the next request.
        gone: how many by who has ended.
        makers: who they are.
        known: whether it is known that they were handlers.
    """

    back: int = 0
    gone: int = 0
    makers: set[int] = field(default_factory=set)
    known: bool = False


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that several handlers have left behind."""
    for group, said in left_behind(case):
        # Tasks that hand something to each other have a cause for it that says more.
        exact = group.state_class not in {StateClass.CHANNEL, StateClass.LOCK}
        sure = 0.5 if exact else 0.25
        yield Suspicion(DETAIL, group, sure, evidence=(said,), against=(_MEANT,))
    lineage = case.lineage
    if lineage is None:
        return
    taken_over = _taken_over(lineage)
    for group, kinds in lineage.groups():
        left = _Left()
        for kind in kinds:
            for tasks in lineage.family.of(kind):
                if tasks.parent not in taken_over:
                    _count(lineage, tasks, left)
        if len(left.makers) >= (SEVERAL if left.known else SEVERAL_UNKNOWN):
            yield _suspicion(group, left)


def _count(lineage: Lineage, tasks: Tasks, left: _Left) -> None:
    bond = lineage.family.bond(tasks)
    if bond is Bond.BACK:
        left.back += tasks.size
        left.known = True
    elif bond is Bond.GONE:
        left.gone += tasks.size
        left.known |= tasks.parent in lineage.requests.gone
    else:
        return
    left.makers.add(tasks.parent)


def _suspicion(group: Group, left: _Left) -> Suspicion:
    evidence = []
    who = "handlers" if left.known else "goroutines"
    evidence.append(f"{len(left.makers):,} {who} have started them at the same line and gone on")
    if left.gone:
        evidence.append(f"who started {left.gone:,} of them has ended")
    if left.back:
        evidence.append(f"who started {left.back:,} of them waits for the next request")
    exact = group.state_class not in _TOLD_BY_OTHERS or _is_at_work(group)
    confidence = (0.6 if exact else 0.35) if left.known else (0.5 if exact else 0.25)
    against = [_MEANT]
    if not left.known:
        against.append("that they were handlers is not seen, only that they did not last")
    return Suspicion(
        DETAIL,
        group,
        confidence,
        evidence=tuple(evidence),
        against=tuple(against),
    )


def _is_at_work(group: Group) -> bool:
    """Tell whether they wait in a function that was called, and not in one within the handler."""
    calls = [*own_calls(group.stack)]
    return group.where.state in _MAY_BE_WORK and len(calls) > 1 and not group.leaked


def _taken_over(lineage: Lineage) -> frozenset[int]:
    """Return the makers of whose tasks one reads from a connection that it was left."""
    family = lineage.family
    reads = (kind for kind, origin in enumerate(family.origins) if origin.serves_connection)
    return frozenset(tasks.parent for kind in reads for tasks in family.of(kind))
