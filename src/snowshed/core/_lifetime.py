"""The life of a scope: entered, ended early or not, and left when its tasks have ended.

A task that nobody owns cannot be cancelled, its error is seen by nobody, and nothing limits how
many of its kind there are. A scope is an owner: it is left only when its tasks have ended, it
cancels them together, and it knows how many they are.

Prior art: trio's nurseries and ``asyncio.TaskGroup`` (structure), Go's ``errgroup`` (a limit, the
first error), Go's ``context`` (deadlines with a cause), ``asyncio.timeout`` (how to cancel a task
from outside without losing a cancellation that came from elsewhere). Decisions that differ:

*The first failure is raised itself, not in an ``ExceptionGroup``.* A handler that says ``except
HTTPException`` should not stop working because the raising line moved into a task. The other
failures are in `TaskScope.errors`.

*Root first.* Whatever ends a scope early cancels its host task before its children. Cancelling
the children first makes an ``asyncio.TaskGroup`` inside the block end as if they had finished.

*A budget refuses, a limit waits.* Waiting for the budget of an ancestor could deadlock, since
what it waits for may be waiting for us. Waiting for a place among one's own children cannot.

*What ended the scope first is what it raises*: the failure of a child or of the block, or the
deadline. Only a cancellation from outside goes before it, as whoever cancelled waits for that.

*A host task is never cancelled while it is leaving* (see `_host`): from `__aexit__` on only
children are, so that a cancellation of ours cannot surface after the block.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextvars import Context, Token
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast

from snowshed.core import _clock
from snowshed.core._budget import ALWAYS, CURRENT, NO_LIMIT, TaskBudget
from snowshed.core._deadline import Deadline, resolve
from snowshed.core._host import HostTask
from snowshed.core._service import counts_tasks
from snowshed.errors import ClosedResourceError, DeadlineExceeded

if TYPE_CHECKING:
    from types import TracebackType

    from snowshed.core._budget import Ending
    from snowshed.core._map import ScopeMap
    from snowshed.core._scope import TaskScope
    from snowshed.core._semaphore import WeightedSemaphore

# Timers run in an empty context: even a cancelled one keeps its context until it would have fired.
_NO_CONTEXT = Context()
KEPT_ERRORS = 100


class ScopeLifetime:
    """Entering, ending and leaving a scope; what is done inside is `TaskScope`'s."""

    __slots__ = (
        "__weakref__",
        "_accepts",
        "_budget",
        "_cause",
        "_children",
        "_counted",
        "_deadline",
        "_errors",
        "_failed",
        "_host",
        "_idle",
        "_loop",
        "_maps",
        "_on_done",
        "_own_deadline",
        "_places",
        "_reason",
        "_reserve",
        "_state",
        "_threads",
        "_timeout",
        "_timer",
        "_token",
        "name",
    )

    def __init__(
        self,
        budget: TaskBudget,
        *,
        timeout: float | None,
        deadline: float | None,
        reserve: float,
    ) -> None:
        self.name = budget.name
        self._budget = budget
        self._timeout = timeout
        self._own_deadline = deadline
        self._reserve = reserve
        self._state = "new"
        # False as soon as nothing more may be started: one flag for the hot path to look at.
        self._accepts = False
        self._children: set[asyncio.Task[Any]] = set()
        self._threads: set[asyncio.Future[Any]] = set()
        self._idle: asyncio.Future[None] | None = None
        self._deadline: Deadline | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._token: Token[TaskBudget] | None = None
        self._maps: set[ScopeMap[Any, Any]] | None = None
        self._places: WeightedSemaphore | None = None
        self._errors: list[BaseException] = []
        self._failed = 0
        # What ended the scope: an exception to raise, or a reason given to cancel().
        self._cause: BaseException | None = None
        self._reason: str | None = None

    def __repr__(self) -> str:
        budget = "unbounded" if self._budget.limit == NO_LIMIT else self._budget.limit
        why = f" ({self._reason})" if self._reason else ""
        live = len(self._budget.live)
        return f"<TaskScope {self.name!r} {self._state}{why} live<={live} budget={budget}>"

    async def __aenter__(self) -> Self:
        """Enter the scope in the running task, which becomes its host."""
        if self._state != "new":
            raise ClosedResourceError(f"scope {self.name!r} has been entered before and")
        task = asyncio.current_task()
        if task is None:
            msg = f"scope {self.name!r} must be entered in a task; use asyncio.run or create_task"
            raise RuntimeError(msg)
        self._loop = asyncio.get_running_loop()
        self._host = HostTask(task, self._loop)
        self._counted = counts_tasks(self._loop)
        self._join_parent(CURRENT.get())
        self._token = CURRENT.set(self._budget)
        # One bound method for all children: making one for each shows in the cost of a spawn.
        self._on_done = self._task_done
        self._state = "open"
        self._accepts = True
        return self

    def _join_parent(self, parent: TaskBudget) -> None:
        budget = self._budget
        if parent.loop is self._loop:
            budget.parent = parent
            budget.mark = ALWAYS
        budget.loop = self._loop
        budget.scope = cast("TaskScope", self)
        outer = parent.scope
        now = _clock.now()
        self._deadline = resolve(
            None if outer is None else outer._deadline,
            scope=self.name,
            now=now,
            timeout=self._timeout,
            deadline=self._own_deadline,
            reserve=self._reserve,
        )
        if self._deadline is not None and not self._expires_with(outer):
            delay = max(self._deadline.at - now, 0.0)
            self._timer = self._loop.call_later(delay, self._expire, context=_NO_CONTEXT)

    def _expires_with(self, outer: ScopeLifetime | None) -> bool:
        """Tell whether the outer scope's expiry reaches this one's host by structure."""
        if outer is None or outer._deadline is not self._deadline or outer._loop is not self._loop:
            return False
        return outer._host.task is self._host.task or self._host.task in outer._children

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Wait for every task, then raise what ended the scope, if anything did."""
        del kind, trace
        self._state = "closing"
        outside = self._host.leave()
        if error is not None and not isinstance(error, asyncio.CancelledError):
            self._fail(error)
        elif error is not None or outside:
            self._end("the task that runs the scope was cancelled")
        for abandoned in self._maps or ():
            abandoned.abandon()
        outside |= await self._join()
        self._close()
        return self._outcome(error, outside=outside)

    def _outcome(self, error: BaseException | None, *, outside: bool) -> bool:
        """Raise or swallow: True swallows ``error``, False lets it pass."""
        cause = self._cause
        if isinstance(cause, (KeyboardInterrupt, SystemExit)):
            outside = False
        if outside:
            if isinstance(error, asyncio.CancelledError):
                return False
            raise asyncio.CancelledError(f"scope {self.name!r} was cancelled from outside")
        if cause is None:
            # A CancelledError that nobody asked for was raised by the block itself.
            return isinstance(error, asyncio.CancelledError) and self._host.cancelled
        if cause is error:
            return False
        return self._raise(cause, error)

    def _raise(self, cause: BaseException, error: BaseException | None) -> NoReturn:
        try:
            raise cause from (error if isinstance(cause, DeadlineExceeded) else cause.__cause__)
        finally:
            # The traceback refers to this frame; without this the error would refer to itself.
            del cause, error, self

    def _close(self) -> None:
        self._state = "closed"
        self._accepts = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._closed(self._budget.close())
        del self._on_done
        token, self._token = self._token, None
        if token is not None:
            # Left in another context than entered, as generator-based fixtures do: that context
            # keeps an emptied budget, which counts as no scope.
            with contextlib.suppress(ValueError):
                CURRENT.reset(token)

    def _closed(self, survivors: list[Ending]) -> None:
        """Take leave of the counted tasks that are not the scope's own and live on; none is owed.

        For scopes that account for other people's tasks.
        """

    def _lift_deadline(self) -> None:
        """Let the work take as long as it takes from now on."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._deadline = None

    def cancel(self, reason: str) -> None:
        """End the scope: cancel its host task, then its children, ``reason`` being the message.

        The block is left without an error, as in a cancelled ``anyio.CancelScope``; `reason` tells
        why. To end it with an error, raise one. Calling it again, or after the end, does nothing.
        """
        if self._state in {"open", "closing"}:
            self._end(reason)

    def _expire(self) -> None:
        self._timer = None
        deadline = self._deadline
        if self._state not in {"open", "closing"} or deadline is None:
            return
        if self._cause is None and self._reason is None:
            self._cause = DeadlineExceeded(deadline.scope, deadline.timeout)
        self._end(f"the deadline of scope {deadline.scope!r} passed")

    def _fail(self, error: BaseException) -> None:
        """Note a failure; the first one ends the scope and is what it raises."""
        urgent = isinstance(error, (KeyboardInterrupt, SystemExit))
        if self._cause is None or urgent:
            self._cause = error
        elif error is not self._cause and len(self._errors) < KEPT_ERRORS:
            self._errors.append(error)
        self._end(f"scope {self.name!r} failed: {error!r}")

    def _end(self, reason: str) -> None:
        if self._reason is not None:
            return
        self._reason = reason
        self._accepts = False
        if self._state == "open":
            self._host.cancel(reason)
        self._cancel_children(reason)

    def _cancel_children(self, reason: str) -> None:
        for child in tuple(self._children):
            child.cancel(reason)

    def _task_done(self, child: asyncio.Task[Any]) -> None:
        self._children.discard(child)
        if self._idle is not None:
            self._wake_if_idle()
        if self._places is not None:
            self._places.release()
        if child.cancelled():
            return
        error = child.exception()
        if error is not None:
            self._failed += 1
            self._fail(error)

    def _thread_done(self, job: asyncio.Future[Any]) -> None:
        self._threads.discard(job)
        if self._idle is not None:
            self._wake_if_idle()
        if not job.cancelled():
            # Whoever waits for the job raises its error; if nobody does any more, it is not lost
            # but not a failure of the scope either.
            job.exception()

    def _wake_if_idle(self) -> None:
        idle = self._idle
        if idle is not None and not idle.done() and not self._children and not self._threads:
            idle.set_result(None)

    async def _join(self) -> bool:
        """Wait for every task and thread, whatever happens; tell whether we were cancelled."""
        cancelled = False
        while self._children or self._threads:
            self._idle = self._loop.create_future()
            try:
                await self._idle
            except asyncio.CancelledError:
                cancelled = True
                self._end("the task that runs the scope was cancelled")
                self._cancel_children("the task that runs the scope was cancelled")
            finally:
                self._idle = None
        return cancelled

    def _refuse(self) -> NoReturn:
        if self._state == "new":
            msg = f"scope {self.name!r} is not entered yet; use 'async with open_scope(...)'"
            raise RuntimeError(msg)
        if self._state == "closed":
            raise ClosedResourceError(f"scope {self.name!r}")
        raise ClosedResourceError(f"scope {self.name!r} is ending ({self._reason}); it")

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """Failures beside the one that was raised, oldest first, 100 at most."""
        return tuple(self._errors)

    @property
    def reason(self) -> str | None:
        """Why the scope was ended early, in words; None if it was not."""
        return self._reason
