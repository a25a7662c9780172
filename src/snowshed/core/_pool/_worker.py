"""A task that runs one job after the other, each in the context of whoever submitted it.

A task per job is the obvious way to give each job its own context, and its cost is what a pool
exists to avoid. A worker instead steps the jobs' coroutines by hand inside their contexts, and
hands on to the event loop whatever they wait for. So a job sees the context variables of its
submitter, and with them scope, budget and deadline, while `asyncio.current_task` is the worker.

Two things follow. Asyncio addresses a cancellation to a *task*: the worker counts what was asked
of its job, takes it off the task when the job has ended (`Task.uncancel`), and knows that what is
left was meant for itself. And the stepping has to be cheap: all jobs are sent into one generator
that lives as long as the worker, because starting and ending one for each job would cost more
than the job's context.
"""

from __future__ import annotations

import asyncio
import contextlib
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from snowshed.core._pool._job import Job
from snowshed.core._pool._nesting import VISIT, Nesting, Visit

if TYPE_CHECKING:
    from snowshed.core._pool._thread import WorkerThread
    from snowshed.core._semaphore import WeightedSemaphore
    from snowshed.core._waitqueue import WaitQueue

# Is sent a job when it is between jobs, and what a job waited for (always None) when it is not.
Serving: TypeAlias = Generator[Any, Any, None]

# Jobs that never wait do not let the event loop run; after so many in a row the worker does.
IN_A_ROW = 32
DONE = object()
# Asyncio lets the first two stop the loop; a generator that was told the third must end.
FATAL = (KeyboardInterrupt, SystemExit, GeneratorExit)


class Pool(Protocol):
    """What a worker sees of its pool.

    Attributes:
        queue: the jobs in order, among them ``stale`` ones that were cancelled meanwhile.
        line: the callers that wait for a place.
        free: places that are free, negative after the pool shrank or closed.
        surplus: whether there is a worker too many.
    """

    queue: deque[Job[Any]]
    stale: int
    line: WaitQueue
    free: int
    surplus: bool
    nesting: Nesting
    successful: int
    failed: int
    cancelled: int

    async def linger(self, worker: Worker) -> bool:
        """Wait for a job; False when the worker is to end."""
        ...

    def note_wait(self, awaited: Job[Any]) -> None:
        """Take note that the current job waits for this one, or raise `WouldDeadlock`."""
        ...

    def settle(self, job: Job[Any], worker: Worker) -> None:
        """Tell those who waited that ``job`` has ended on ``worker`` and left a place."""
        ...


class Worker:
    """One worker of a pool.

    Attributes:
        task: the task that runs it.
        job: what it runs now.
        idle_since: when it began to wait for a job, in seconds on the loop's clock.
        wake: what it waits for then; the result says whether its time is up.
        guests: for which visit, and whose turn it is to have a nested job run in its place.
        visit, outer, place, nesting, waits: see `snowshed.core._pool._nesting.Host`.
    """

    __slots__ = (
        "_cancels",
        "_fn",
        "_pool",
        "_thread",
        "guests",
        "idle_since",
        "job",
        "nesting",
        "outer",
        "place",
        "task",
        "visit",
        "waits",
        "wake",
    )

    task: asyncio.Task[None]
    wake: asyncio.Future[bool]

    def __init__(
        self,
        pool: Pool,
        fn: Callable[..., Coroutine[Any, Any, Any]],
        thread: WorkerThread | None = None,
        place: Visit | None = None,
    ) -> None:
        self._pool = pool
        self._fn = fn if thread is None else thread.call
        self._thread = thread
        self._cancels = 0
        self.job: Job[Any] | None = None
        self.guests: tuple[Visit | None, WeightedSemaphore] | None = None
        self.idle_since = 0.0
        self.visit: Visit | None = None
        self.outer: Visit | None = None
        self.place = place
        self.nesting = pool.nesting
        self.waits = 0

    def cancel_job(self, _job: Job[Any], msg: object = None) -> None:
        """Cancel what runs now; the worker goes on."""
        self._cancels += 1
        self.task.cancel(msg)

    def note_wait(self, job: Job[Any]) -> None:
        """Take note that the current job waits for this one, or raise `WouldDeadlock`."""
        self._pool.note_wait(job)

    async def run(self) -> None:
        """Run jobs until the pool has no more use for this worker."""
        pool, queue = self._pool, self._pool.queue
        serving = self._open()
        send, cancelling = serving.send, self.task.cancelling
        job: Job[Any] | None
        context: Context | None
        try:
            while await pool.linger(self):
                for _ in range(IN_A_ROW):
                    if not queue or pool.surplus:
                        break
                    job = queue.popleft()
                    if pool.stale and job.done():
                        pool.stale -= 1
                        continue
                    context = job._context
                    awaited = context.run(send, job)
                    if awaited is not DONE:
                        await self._wait(context, serving, awaited)
                    if cancelling() and not await self._take_off():
                        return
                else:
                    await asyncio.sleep(0)
                job = context = awaited = None  # a worker that is idle keeps nothing alive
        finally:
            self._close_thread()

    async def run_once(self, job: Job[Any]) -> None:
        """Run this job and end."""
        serving = self._open()
        context = job._context
        try:
            awaited = context.run(serving.send, job)
            if awaited is not DONE:
                await self._wait(context, serving, awaited)
        finally:
            self._close_thread()

    def _open(self) -> Serving:
        self.task = cast("asyncio.Task[None]", asyncio.current_task())
        serving = cast(Serving, self._serve())
        next(serving)
        return serving

    def _close_thread(self) -> None:
        if self._thread is not None:
            self._thread.close()

    @types.coroutine
    def _serve(self) -> Serving:
        """Run, in the context of the sender, each job that is sent; yield `DONE` after it."""
        pool, fn, line = self._pool, self._fn, self._pool.line
        waited_for = self.nesting.waited_for
        outer, begin = VISIT.get, VISIT.set
        places = 1 if self.place is None else 0  # a guest uses the place of its caller
        fatal: BaseException | None = None
        job: Job[Any] = yield DONE
        while True:
            args = job._args
            del job._args, job._context
            self.job = job
            job._owner = self
            self.outer = outer()
            self.visit = visit = (self,)
            begin(visit)
            try:
                job.set_result((yield from fn(*args)))
            except asyncio.CancelledError as error:
                pool.cancelled += 1
                job.end_cancelled(*error.args[:1])
            except BaseException as error:
                if job.get_loop().is_closed():
                    raise  # torn down, with nobody left to tell
                pool.failed += 1
                job.set_exception(_without_our_frame(error))
                if isinstance(error, FATAL):
                    fatal = error
            else:
                pool.successful += 1
            pool.free += places
            if line or waited_for:
                pool.settle(job, self)
            self.job = self.visit = None
            del job, args, visit
            if fatal is not None:
                raise fatal
            job = yield DONE

    async def _wait(self, context: Context, serving: Serving, awaited: Any) -> None:
        await _drive(context, serving, awaited)
        if self._thread is not None:
            await self._thread.until_free()

    async def _take_off(self) -> bool:
        """Take the cancellations of the last job off the task; False if one is left over."""
        for _ in range(self._cancels):
            self.task.uncancel()
        self._cancels = 0
        # Before Python 3.13 a cancellation that found nothing to interrupt is kept for the next
        # wait, which would be another job's.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        return not self.task.cancelling()


@types.coroutine
def _drive(context: Context, serving: Serving, awaited: Any) -> Generator[Any, None, None]:
    """Let the current task wait for what a job waits for, until the job has ended."""
    while awaited is not DONE:
        try:
            if isinstance(awaited, Job):
                # Asyncio will ask the awaited job in the context of this task, not of the job.
                context.run(awaited.note_wait)
            yield awaited
        except BaseException as error:  # noqa: BLE001 - it is the job's
            awaited = context.run(serving.throw, error)
        else:
            awaited = context.run(serving.send, None)


def _without_our_frame(error: BaseException) -> BaseException:
    """Cut the first frame off: it is a worker's, and an error that is kept would keep it alive."""
    traceback = error.__traceback__
    return error.with_traceback(traceback and traceback.tb_next)
