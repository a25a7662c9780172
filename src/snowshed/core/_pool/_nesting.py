"""Which jobs wait for the pool that runs them, and when such a wait can never end.

A job that submits to its own pool and waits for the result holds a worker while it waits for a
worker. When every worker runs such a job, none will ever be free: every bounded pool that does
not look for it has this bug (panjf2000/ants#197, alitto/pond#56).

**The rule.** A job is *blocked* while code that runs in its context waits for a place in its pool
or for another job of that pool. The last worker whose job is not blocked may not become blocked:
the wait that would do so gets `WouldDeadlock`. When all workers wait for their own pool, one of
them was the last, so no deadlock that a pool makes with itself is missed, whatever the path: by
awaiting, through child tasks, threads or ``gather``, or through the job of a second pool that
comes back to the first.

What the rule cannot see is a deadlock in which something else takes part: a job that waits for a
lock, held by a job that waits for the pool. And it is wrong about a wait that would have ended by
itself: by a timeout, or because the job would have returned without the child task that waits. A
wait that was given up (`asyncio.wait` with a timeout) counts until the job that was waited for has
ended.

Why not count submissions, which is simpler? Because a job that submits follow-up work and does
not wait for it, as a crawler does, is in no danger.

A *visit* is one job on one worker. What the context variable holds is this small object rather
than the job, because a context can outlive its job by far (a cancelled timer, a pooled
connection's task) and would keep the job's result alive. It is a tuple because one is made for
each job, and a class would cost as much as the rest of the bookkeeping; a visit is over when it
is no longer the one that its worker has.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any, Protocol, TypeAlias


class Host(Protocol):
    """A worker, as far as nesting is concerned.

    Attributes:
        visit: the job that it runs now, None between jobs.
        outer: the visit in whose context that job was submitted.
        place: the visit in whose place it works, None for its own.
        nesting: of the worker's pool.
        waits: how many things of its own pool the job waits for.
    """

    visit: Visit | None
    outer: Visit | None
    place: Visit | None
    waits: int

    @property
    def nesting(self) -> Nesting: ...


Visit: TypeAlias = tuple[Host]

VISIT: ContextVar[Visit | None] = ContextVar("snowshed_pool_visit", default=None)


class Nesting:
    """The jobs of one pool that wait for that pool.

    Attributes:
        blocked: how many they are.
        waited_for: what they wait for, each with the visits that wait.
    """

    __slots__ = ("blocked", "waited_for")

    def __init__(self) -> None:
        self.blocked = 0
        self.waited_for: dict[asyncio.Future[Any], list[Visit]] = {}

    def current(self) -> Host | None:
        """Return the worker that runs the job of this pool in whose context the caller is."""
        visit = VISIT.get()
        while visit is not None:
            (host,) = visit
            if host.visit is not visit:
                return None
            if host.nesting is self:
                return host
            visit = host.outer
        return None

    def begin(self, host: Host, awaited: asyncio.Future[Any], workers: int) -> bool:
        """Note that the job of ``host`` waits for ``awaited``; twice is as good as once.

        Returns:
            False, and nothing is noted, when none of ``workers`` could make progress any more.
        """
        visit = host.place or host.visit
        if visit is None or (blocked := visit[0]).visit is not visit:
            return True  # its place is not taken by anybody: nobody waits for it to be free
        if not blocked.waits and self.blocked + 1 >= workers:
            return False
        visits = self.waited_for.setdefault(awaited, [])
        if not any(noted is visit for noted in visits):
            visits.append(visit)
            blocked.waits += 1
            self.blocked += blocked.waits == 1
        return True

    def end(self, awaited: asyncio.Future[Any]) -> None:
        """Note that ``awaited`` has come: nobody waits for it any more."""
        for visit in self.waited_for.pop(awaited, ()):
            (host,) = visit
            if host.visit is visit:
                host.waits -= 1
                self.blocked -= host.waits == 0

    def leave(self, host: Host) -> None:
        """Note that the job of ``host`` has ended, whatever it left waiting behind it."""
        self.blocked -= host.waits > 0
        host.waits = 0
