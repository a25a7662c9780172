"""The workers of a pool and what they have before them: who is there, who waits, who may go.

The crew grows when a job would wait and shrinks when workers do. Idle workers are a *stack*: the
last to become idle is the first to be called, so under a light load some are called all the time
and the others stay idle long enough to be let go (as in Go's ants). One timer for the whole crew
looks at the one that has been idle the longest; a timer for each would cost more than a job.

Nobody is handed a job. A submission appends to the queue and *wakes* a worker, which takes what is
first in the queue when it runs. So nothing is lost when that worker is cancelled in between, or
when a busy one was faster.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, Literal

from snowshed.core._pool._job import Job
from snowshed.core._pool._nesting import Nesting, Visit
from snowshed.core._pool._thread import WorkerThread
from snowshed.core._pool._worker import Worker
from snowshed.core._waitqueue import WaitQueue
from snowshed.errors import WouldDeadlock

# Taken from the free places of a crew that is not open, so that none is ever free.
NOT_OPEN = 1 << 60


class Crew:
    """Workers, queue and counters of one pool; see `snowshed.core._pool._worker.Pool`.

    Args:
        name: how messages and threads call the pool.
        fn: what is called with the arguments of each job.
        on_thread: whether ``fn`` is a plain function.
        min_workers: workers that stay when there is nothing to do.
        max_workers: workers that may exist.
        idle_timeout: seconds after which an idle worker is let go.
        places: jobs that may be in the pool, queued or running.
    """

    def __init__(
        self,
        name: str,
        fn: Callable[..., Any],
        *,
        on_thread: bool,
        min_workers: int,
        max_workers: int,
        idle_timeout: float,
        places: int,
    ) -> None:
        self.name = name
        self._fn = fn
        self._on_thread = on_thread
        self.min_workers = min_workers
        self.max_workers = max_workers
        self._idle_timeout = idle_timeout
        self.queue: deque[Job[Any]] = deque()
        self.stale = 0
        self.line = WaitQueue()
        self.free = places - NOT_OPEN
        self.surplus = False
        self.nesting = Nesting()
        self.successful = self.failed = self.cancelled = 0
        self.opened = self.closed = False
        # Ordered sets: what happens to all of them happens in the same order in every run.
        self.workers: dict[Worker, None] = {}
        self.guests: dict[Worker, None] = {}
        self.idle: deque[Worker] = deque()
        self._reaper: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Start work on the running loop, in a copy of the current context."""
        if self.opened or self.closed:
            msg = f"WorkerPool {self.name!r} was opened before; make a new one"
            raise RuntimeError(msg)
        self.opened = True
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self.free += NOT_OPEN
        self._fill()

    def accept(self, args: tuple[Any, ...]) -> Job[Any]:
        """Queue a job in the current context; its place must have been taken from ``free``."""
        job: Job[Any] = Job()
        job._owner, job._args, job._context = self, args, copy_context()
        self.queue.append(job)
        if self.idle:
            self._wake(self.idle.pop())
        elif len(self.workers) < self.max_workers:
            self._start()
        return job

    def accept_in_place(
        self, place: Visit | None, args: tuple[Any, ...]
    ) -> tuple[Job[Any], Worker]:
        """Run a job at once in the place of another, which waits for it meanwhile."""
        guest = self._worker(place)
        job: Job[Any] = Job()
        job._owner, job._args, job._context = guest, args, copy_context()
        guest.job = job
        self.guests[guest] = None
        self._run(guest, guest.run_once(job))
        return job, guest

    def lender(self) -> Worker | None:
        """Return the worker whose job runs here, if it submits and no worker is free."""
        if self.idle or len(self.workers) < self.max_workers:
            return None
        host = self.nesting.current()
        return host if isinstance(host, Worker) else None

    def cancel_job(self, job: Job[Any], msg: object) -> None:
        """Cancel a queued job: it ends at once and its place is free at once."""
        self.cancelled += 1
        self.stale += 1
        self.free += 1
        del job._args, job._context
        job.end_cancelled(msg)
        if self.stale * 2 > len(self.queue):
            live = [queued for queued in self.queue if not queued.done()]
            self.queue.clear()
            self.queue.extend(live)
            self.stale = 0
        self.serve_line()
        self.end_wait(job)

    def note_wait(self, awaited: asyncio.Future[Any]) -> None:
        """Note that the job that runs here waits for ``awaited``, a job or a turn of this crew.

        Raises:
            WouldDeadlock: no worker could make progress any more, or it would wait for itself.
        """
        host = self.nesting.current()
        if host is None:
            return
        itself = isinstance(host, Worker) and host.job is awaited
        if itself or not self.nesting.begin(host, awaited, self._capacity()):
            raise self._would_deadlock()
        self._review()

    def end_wait(self, awaited: asyncio.Future[Any]) -> None:
        """Note that nobody waits for ``awaited`` any more."""
        self.nesting.end(awaited)
        self._review()

    def settle(self, job: Job[Any], worker: Worker) -> None:
        """Tell those who waited that ``job`` has ended on ``worker`` and left a place."""
        self.nesting.leave(worker)
        self.serve_line()
        self.end_wait(job)

    def serve_line(self) -> None:
        """Give the free places to those who wait for one, in order of arrival."""
        self.free -= self.line.serve(self.free)

    async def linger(self, worker: Worker) -> bool:
        """Wait for a job; False when the worker is to end."""
        if self.queue and not self.surplus:
            return True
        if self.queue or not self._stays(self.max_workers):
            return self._leave(worker)
        worker.wake = self._loop.create_future()
        worker.idle_since = self._loop.time()
        self.idle.append(worker)
        self._set_reaper()
        try:
            expired = await worker.wake
        except BaseException:
            if worker in self.idle:
                self.idle.remove(worker)
            raise
        limit = self.min_workers if expired else self.max_workers
        return len(self.queue) > 0 or self._stays(limit) or self._leave(worker)

    def resize(self, min_workers: int, max_workers: int) -> None:
        """Set how many workers stay and how many there may be."""
        self.free += max_workers - self.max_workers
        self.min_workers, self.max_workers = min_workers, max_workers
        self.serve_line()
        self._fill()
        self._call(len(self.queue))
        for _ in range(min(len(self.workers) - max_workers, len(self.idle))):
            self._wake(self.idle.popleft())
        self._review()
        self._set_reaper()

    def close(self) -> None:
        """Take no more jobs; workers end when the queue is empty."""
        self.closed = True
        self.free -= NOT_OPEN
        self.line.serve(len(self.line))
        while self.idle:
            self._wake(self.idle.pop())
        if self._reaper is not None:
            self._reaper.cancel()

    def cancel(self) -> None:
        """Cancel every job, queued or running."""
        running = [worker.job for worker in self.workers | self.guests if worker.job]
        for job in [*running, *self.queue]:
            job.cancel()

    async def ended(self) -> None:
        """Wait until no worker is left."""
        while everybody := self.workers | self.guests:
            await asyncio.wait([worker.task for worker in everybody])

    def _stays(self, limit: int) -> bool:
        return not self.closed and len(self.workers) <= limit

    def _fill(self) -> None:
        while len(self.workers) < self.min_workers:
            self._start()

    def _call(self, jobs: int) -> None:
        """Call workers, idle ones first; one at least that does not wait for this pool."""
        for _ in range(min(jobs, len(self.idle))):
            self._wake(self.idle.pop())
        limit = max(self.max_workers, self.nesting.blocked + 1)
        for _ in range(min(jobs, limit - len(self.workers))):
            self._start()

    def _start(self) -> None:
        worker = self._worker()
        self.workers[worker] = None
        self._run(worker, worker.run())

    def _worker(self, place: Visit | None = None) -> Worker:
        thread = WorkerThread(self._fn, self.name) if self._on_thread else None
        return Worker(self, self._fn, thread, place)

    def _run(self, worker: Worker, coro: Coroutine[Any, Any, None]) -> None:
        worker.task = self._loop.create_task(
            coro, name=f"{self.name} worker", context=self._context.copy()
        )
        dismiss = functools.partial(self._dismiss, worker)
        worker.task.add_done_callback(dismiss, context=self._context)

    def _leave(self, worker: Worker) -> Literal[False]:
        """Strike a worker off that ends of itself, before another asks how many there are."""
        self.workers.pop(worker, None)
        self._review()
        return False

    def _dismiss(self, worker: Worker, task: asyncio.Task[None]) -> None:
        """Strike a worker off that has ended in whatever way; call another for what it left."""
        if not task.cancelled():
            task.exception()  # its job has told, and the loop has raised it
        self.workers.pop(worker, None)
        self.guests.pop(worker, None)
        if worker.job is not None and not worker.job.done():  # cancelled before it began
            self.cancelled += 1
            worker.job.end_cancelled()
            self.end_wait(worker.job)
        self._call(len(self.queue))
        self._review()

    def _wake(self, worker: Worker, *, expired: bool = False) -> None:
        # One that was cancelled from outside is about to be dismissed, which calls another.
        if not worker.wake.done():
            worker.wake.set_result(expired)

    def _capacity(self) -> int:
        return max(self.max_workers, len(self.workers))

    def _review(self) -> None:
        """Decide whether there is a worker too many; the last that could make progress stays."""
        count, blocked = len(self.workers), self.nesting.blocked
        self.surplus = count > self.max_workers and count - 1 > blocked
        if blocked >= self._capacity():
            self._refuse_one()

    def _refuse_one(self) -> None:
        """Since the pool shrank, all jobs wait for it: for a place, or it would have a worker."""
        for awaited in reversed(self.nesting.waited_for):
            if not isinstance(awaited, Job) and not awaited.done():
                awaited.set_exception(self._would_deadlock())
                self.nesting.end(awaited)
                return

    def _would_deadlock(self) -> WouldDeadlock:
        return WouldDeadlock(
            f"WorkerPool {self.name!r}: a job would wait for its own pool, and every other of its "
            f"{self._capacity()} workers runs a job that does",
            "give the inner work a pool of its own, call it directly, do not wait for it, or make "
            "the pool with on_nested='inline'",
        )

    def _set_reaper(self) -> None:
        if self._reaper is None and self.idle and len(self.workers) > self.min_workers:
            due = self.idle[0].idle_since + self._idle_timeout
            # Its own context: a timer would keep the submitter's alive, even when cancelled.
            self._reaper = self._loop.call_at(due, self._reap, due, context=self._context)

    def _reap(self, due: float) -> None:
        self._reaper = None
        for _ in range(len(self.workers) - self.min_workers):
            if not self.idle or self.idle[0].idle_since + self._idle_timeout > due:
                break
            self._wake(self.idle.popleft(), expired=True)
        self._set_reaper()
