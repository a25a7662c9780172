"""A bounded number of workers for jobs that come as they like.

The ideas come from Go, where every project has written a pool: ants, pond, conc. What is ours:

**Places.** A job needs a place from its submission to its end, and there are
``max_workers + queue_size`` of them. So one number bounds what is queued and what runs, and there
is no state between the two. Who finds no place waits in line; a place that comes free goes to the
first in line, never to a newcomer.

**Who may wait** is a bound apart, ``max_waiters``. A queue bounds accepted work; a caller that
waits for a place is a request that waits, and those are worth bounding as well.

**Context.** Each job runs in a copy of its *submitter's* context; a queue that starts a job in
whatever context a worker happens to have (aiojobs does) charges one request's work to another.

**Closing** leaves nothing behind: queued jobs run (drain) or end as cancelled, and whoever waits
for one of them or for a place is woken. A cancelled pool whose queue nobody resolves hangs its
callers for ever (pond#61, pond#138).

**Nested jobs**: see `snowshed.core._pool._nesting`. With ``on_nested="inline"`` a job that submits
while no worker is free has the new job run at once *in its place*: by a guest worker, while the
caller waits, one guest at a time for each job. No more jobs make progress than before. To run it
literally inside the caller would share its stack and its cancellation.
"""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    NoReturn,
    Self,
    TypeVar,
    TypeVarTuple,
    overload,
)

from snowshed.core._census import pools
from snowshed.core._pool._crew import Crew
from snowshed.core._pool._statistics import PoolStatistics
from snowshed.core._semaphore import WeightedSemaphore
from snowshed.errors import ClosedResourceError, WouldBlock, WouldDeadlock

if TYPE_CHECKING:
    from snowshed.core._pool._job import Job
    from snowshed.core._pool._worker import Worker

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class WorkerPool(Generic[*Ts, T]):
    """Runs jobs on a few long-lived workers, with a bounded queue in front of them.

    Work that nobody waits for right away (mails, thumbnails, cache refreshes) must not start a
    task for each item: a burst then becomes a flood. A pool takes each item as a *job* for one
    function, runs ``max_workers`` of them at once, keeps ``queue_size`` more in line, and makes
    the next caller wait, or refuses::

        async with WorkerPool(resize, max_workers=4, queue_size=100) as pool:
            job = await pool.submit(image)  # waits for a place, not for the result
            ...
            thumbnail = await job

        thumbnail = await pool.run(image)  # both

    Workers are started when a job would wait and end after ``idle_timeout`` seconds without one.
    A job sees the context variables of its submitter. It runs in the worker's task, so
    `asyncio.current_task` is the worker; cancelling the *job* ends that job alone, and no failure
    of a job costs a worker. A plain function runs on threads, one for each worker.

    A job may submit to its own pool. Where waiting for it could never end, `WouldDeadlock` is
    raised, or with ``on_nested="inline"`` the job runs in its caller's place.

    Left without an error, ``async with`` waits until every job has ended; left with one, it
    cancels them first. The pool keeps no result or error of a job that has ended. One loop, not
    thread-safe. A job that does not wait costs 0.7 to 0.85 of a task that does not.

    Semantics: Go's ants (stack of idle workers, bounded waiters) and pond (counters, closing).

    Args:
        fn: an async function, or a plain one, which then runs on threads.
        min_workers: workers that stay when there is nothing to do.
        max_workers: jobs that run at once.
        queue_size: jobs that may wait for a worker; 0: a job is accepted only to run at once.
        idle_timeout: seconds after which an idle worker ends.
        name: how messages, tasks and threads call it; the function's name if not given.
        on_nested: what to do with a job that its pool's own job submits while no worker is free:
            ``"raise"`` when waiting for it could never end, or run it ``"inline"``.
        max_waiters: callers that may wait for a place; None: any number.

    Raises:
        TypeError: ``fn`` cannot be called.
        ValueError: a number is out of its range.
    """

    @overload
    def __init__(
        self: WorkerPool[*Ts, T],
        fn: Callable[[*Ts], Coroutine[Any, Any, T]],
        *,
        min_workers: int = 0,
        max_workers: int,
        queue_size: int,
        idle_timeout: float = 10.0,
        name: str | None = None,
        on_nested: Literal["raise", "inline"] = "raise",
        max_waiters: int | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self: WorkerPool[*Ts, T],
        fn: Callable[[*Ts], T],
        *,
        min_workers: int = 0,
        max_workers: int,
        queue_size: int,
        idle_timeout: float = 10.0,
        name: str | None = None,
        on_nested: Literal["raise", "inline"] = "raise",
        max_waiters: int | None = None,
    ) -> None: ...

    def __init__(
        self,
        fn: Callable[[*Ts], Any],
        *,
        min_workers: int = 0,
        max_workers: int,
        queue_size: int,
        idle_timeout: float = 10.0,
        name: str | None = None,
        on_nested: Literal["raise", "inline"] = "raise",
        max_waiters: int | None = None,
    ) -> None:
        if not callable(fn):
            msg = f"a pool takes a function that is called for each job, not {fn!r}"
            raise TypeError(msg)
        _check_workers(min_workers, max_workers)
        _check(queue_size >= 0, "queue_size", queue_size, "0 or more")
        _check(0 < idle_timeout < math.inf, "idle_timeout", idle_timeout, "seconds, above 0")
        _check(on_nested in {"raise", "inline"}, "on_nested", on_nested, "'raise' or 'inline'")
        _check(max_waiters is None or max_waiters >= 0, "max_waiters", max_waiters, "0 or more")
        self._queue_size = queue_size
        self._inline = on_nested == "inline"
        self._max_waiters = math.inf if max_waiters is None else max_waiters
        self._submitters = 0
        self._dropped = 0
        self._crew = Crew(
            name or str(getattr(fn, "__qualname__", fn)),
            fn,
            on_thread=not _is_async(fn),
            min_workers=min_workers,
            max_workers=max_workers,
            idle_timeout=idle_timeout,
            places=max_workers + queue_size,
        )
        pools.enter(self)

    async def submit(self, *args: *Ts) -> Job[T]:
        """Wait for a place, and return the handle of a job that will call ``fn(*args)``.

        Does not yield to the loop when a place is free. Cancelled while it waits, it submits
        nothing.

        Raises:
            ClosedResourceError: the pool is closed, or was closed while this waited.
            WouldBlock: ``max_waiters`` callers wait for a place already.
            WouldDeadlock: called in a job of this pool, and no place could ever become free.
        """
        crew = self._crew
        if self._inline and (host := crew.lender()) is not None:
            return await self._run_in_place(host, args)
        if crew.free > 0:
            crew.free -= 1
        else:
            await self._wait_for_place()
        return crew.accept(args)

    def submit_nowait(self, *args: *Ts) -> Job[T]:
        """Return the handle of a job that will call ``fn(*args)``, if a place is free.

        Raises:
            ClosedResourceError: the pool is closed.
            WouldBlock: no place is free.
        """
        crew = self._crew
        if crew.free <= 0:
            self._check_open()
            self._drop()
        crew.free -= 1
        return crew.accept(args)

    async def run(self, *args: *Ts) -> T:
        """Submit a job, wait for it and return its result.

        Cancelled, it cancels the job and waits for its end.

        Raises:
            BaseException: what the job raised; and all that `submit` raises.
            WouldDeadlock: called in a job of this pool, and the job could never begin.
        """
        job = await self.submit(*args)
        try:
            return await job
        except BaseException:
            job.cancel()  # where waiting was refused, it must not run for nobody
            raise

    def resize(self, *, min_workers: int | None = None, max_workers: int | None = None) -> None:
        """Change how many workers stay and how many there may be; None leaves it as it is.

        More are started at once if jobs wait. Surplus ones end when their job has ended, except
        that one which could make progress stays while the others wait for their own pool.

        Raises:
            ValueError: a number is out of its range.
        """
        crew = self._crew
        low = crew.min_workers if min_workers is None else min_workers
        high = crew.max_workers if max_workers is None else max_workers
        _check_workers(low, high)
        crew.resize(low, high)

    async def aclose(self, *, drain: bool = True) -> None:
        """Take no more jobs, and wait until every job and worker has ended.

        Callers that wait for a place get `ClosedResourceError`. May be called again, also while
        another call waits, to stop draining. Cancelled while it waits, it cancels the jobs and
        waits for their end. A plain function that is on a thread is always waited for.

        Args:
            drain: whether queued and running jobs may finish; False cancels them.

        Raises:
            WouldDeadlock: called in a job of this pool, which would wait for itself.
        """
        crew = self._crew
        if crew.nesting.current() is not None:
            raise WouldDeadlock(
                f"{self._describe()}: closed by one of its own jobs, which would wait for itself",
                "let the job return, and close the pool where it was opened",
            )
        if not crew.closed:
            crew.close()
        if not drain:
            crew.cancel()
        try:
            await crew.ended()
        except BaseException:
            crew.cancel()
            await crew.ended()
            raise

    async def __aenter__(self) -> Self:
        self._crew.open()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose(drain=exc_type is None)

    def statistics(self) -> PoolStatistics:
        """Return the counters and the state of this moment. Costs O(workers)."""
        crew = self._crew
        everybody = crew.workers | crew.guests
        waiting = len(crew.queue) - crew.stale
        running = sum(worker.job is not None for worker in everybody)
        ended = crew.successful + crew.failed + crew.cancelled
        return PoolStatistics(
            workers=len(everybody),
            idle=len(crew.idle),
            min_workers=crew.min_workers,
            max_workers=crew.max_workers,
            queue_size=self._queue_size,
            submitters=self._submitters,
            submitted=waiting + running + ended,
            waiting=waiting,
            running=running,
            successful=crew.successful,
            failed=crew.failed,
            cancelled=crew.cancelled,
            dropped=self._dropped,
        )

    def __repr__(self) -> str:
        return f"<{self._describe()}>"

    def _describe(self) -> str:
        now = self.statistics()
        closed = "closed, " if self._crew.closed else ""
        return (
            f"WorkerPool {self._crew.name!r}: {closed}{now.workers} of {now.max_workers} workers, "
            f"{now.running} running, {now.waiting} of {now.queue_size} queued"
        )

    def _check_open(self) -> None:
        if self._crew.closed:
            raise ClosedResourceError(f"WorkerPool {self._crew.name!r}")
        if not self._crew.opened:
            msg = f"WorkerPool {self._crew.name!r} is not open yet: use 'async with'"
            raise RuntimeError(msg)

    def _drop(self) -> NoReturn:
        self._dropped += 1
        raise WouldBlock(f"{self._describe()}, {self._submitters} waiting for a place")

    async def _wait_for_place(self) -> None:
        self._check_open()
        if self._submitters >= self._max_waiters:
            self._drop()
        crew = self._crew
        turn = crew.line.join()
        self._submitters += 1
        try:
            crew.note_wait(turn)
            await turn
        except BaseException as error:
            self._dropped += isinstance(error, WouldDeadlock)
            if crew.line.leave(turn):
                crew.free += 1
                crew.serve_line()
            raise
        finally:
            self._submitters -= 1
            crew.end_wait(turn)
        self._check_open()

    async def _run_in_place(self, host: Worker, args: tuple[Any, ...]) -> Job[Any]:
        visit, place = host.visit, host.place or host.visit
        if host.guests is None or host.guests[0] is not visit:
            host.guests = visit, WeightedSemaphore(1)
        async with host.guests[1]:
            self._check_open()
            job, guest = self._crew.accept_in_place(place, args)
            try:
                await asyncio.wait([guest.task])
            except BaseException:
                job.cancel()
                await asyncio.wait([guest.task])
                raise
        return job


def _is_async(fn: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(type(fn).__call__)


def _check_workers(min_workers: int, max_workers: int) -> None:
    _check(max_workers >= 1, "max_workers", max_workers, "1 or more")
    accepted = f"0 to max_workers ({max_workers})"
    _check(0 <= min_workers <= max_workers, "min_workers", min_workers, accepted)


def _check(holds: bool, option: str, value: object, accepted: str) -> None:
    if not holds:
        msg = f"{option} is {accepted}, not {value!r}"
        raise ValueError(msg)
