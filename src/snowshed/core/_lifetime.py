"""The life of a scope: entered, ended early or not, and left when its tasks have ended.

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
from contextvars import Context, Token
from typing import TYPE_CHECKING, Any, Self, cast

from snowshed.core import _clock
from snowshed.core._budget import ALWAYS, CURRENT, NO_LIMIT, TaskBudget
from snowshed.core._deadline import Deadline, resolve
from snowshed.core._host import HostTask, shows_cancellation
from snowshed.core._shown import shown
from snowshed.core._tasks import counts_tasks, is_plain
from snowshed.errors import ClosedResourceError, DeadlineExceeded

if TYPE_CHECKING:
    from types import TracebackType

    from snowshed.core._budget import Ending
    from snowshed.core._map import ScopeMap
    from snowshed.core._scope import TaskScope
    from snowshed.core._semaphore import WeightedSemaphore

# What goes before everything else: the program ends, or the coroutine is thrown away.
STOPPING = (KeyboardInterrupt, SystemExit, GeneratorExit)
KEPT_ERRORS = 100
# A budget may hold so many ended tasks, and their results, whatever the number of live ones.
KEPT_ENDED = 64


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
        "_few",
        "_host",
        "_idle",
        "_loop",
        "_maps",
        "_on_done",
        "_on_done_placed",
        "_own_deadline",
        "_places",
        "_plain",
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
        # With fewer children than this there is something to do, see `_has_few`.
        self._few = 0
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
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            msg = f"scope {self.name!r} must be entered in a task; use asyncio.run or create_task"
            raise RuntimeError(msg)
        self._begin(task, loop)
        self._join_parent(CURRENT.get())
        self._token = CURRENT.set(self._budget)
        return self

    def _begin(self, host: asyncio.Task[Any], loop: asyncio.AbstractEventLoop) -> None:
        """Accept children, with ``host`` as the task that runs the block."""
        self._loop = loop
        self._host = HostTask(host, loop)
        self._plain = is_plain(loop)
        self._counted = not self._plain and counts_tasks(loop)
        # One bound method for all children: making one for each shows in the cost of a spawn.
        self._on_done = self._child_done
        if self._places is not None:
            self._on_done_placed = self._placed_child_done
        self._state = "open"
        self._accepts = True

    def _join_parent(self, parent: TaskBudget) -> None:
        budget = self._budget
        if parent.loop is self._loop:
            budget.parent = parent
            budget.mark = ALWAYS
        budget.loop = self._loop
        budget.scope = cast("TaskScope", self)
        outer = parent.scope
        inherited = None if outer is None else outer._deadline
        if inherited is not None or self._timeout is not None or self._own_deadline is not None:
            self._set_deadline(outer, inherited)

    def _set_deadline(self, outer: ScopeLifetime | None, inherited: Deadline | None) -> None:
        now = _clock.now()
        if inherited is not None and now >= inherited.at and self._outer_cancels(outer):
            # The expiry has reached the host: this scope is opened by its clean-up.
            inherited = inherited.for_cleanup(now)
        self._deadline = resolve(
            inherited,
            scope=self.name,
            now=now,
            timeout=self._timeout,
            deadline=self._own_deadline,
            reserve=self._reserve,
        )
        if self._deadline is not None and not self._expires_with(outer):
            # An empty context: even a cancelled timer keeps its context until it would have fired.
            delay = max(self._deadline.at - now, 0.0)
            self._timer = self._loop.call_later(delay, self._expire, context=Context())

    def _outer_cancels(self, outer: ScopeLifetime | None) -> bool:
        """Tell whether ending ``outer`` cancels our host, because it is its host or its child."""
        if outer is None or outer._loop is not self._loop:
            return False
        task = self._host.task
        return task is outer._host.task or task in outer._children

    def _expires_with(self, outer: ScopeLifetime | None) -> bool:
        """Tell whether a timer further out, through those between, cancels our host in time."""
        inner = self
        while outer is not None and outer._deadline is self._deadline:
            if outer._reason is not None or not inner._outer_cancels(outer):
                return False
            if outer._timer is not None:
                return True
            inner, parent = outer, outer._budget.parent
            outer = None if parent is None else parent.scope
        return False

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Wait for every task, then raise what ended the scope, if anything did."""
        del kind, trace
        self._state = "closing"
        outside = self._host.leave(cancelled=shows_cancellation(error))
        if error is not None and not isinstance(error, asyncio.CancelledError):
            self._fail(error)
        elif error is not None or outside:
            self._end("the task that runs the scope was cancelled")
        if self._maps is not None:
            for left in tuple(self._maps):
                left.abandon()
        try:
            if self._children or self._threads:
                outside |= await self._join()
        finally:
            self._close()
        raised = self._outcome(error, outside=outside)
        if raised is error or raised is None:
            return raised is None
        context = raised.__context__
        try:
            raise raised
        finally:
            raised.__context__ = context
            # The traceback refers to this frame; without this the error would refer to itself.
            del raised, context, error, self

    def _outcome(self, error: BaseException | None, *, outside: bool) -> BaseException | None:
        """Return what is to be raised, which may be ``error``; None: nothing."""
        cause, self._cause = self._cause, None
        if outside and not isinstance(cause, STOPPING):
            self._note(cause)
            if isinstance(error, asyncio.CancelledError):
                return error
            cancelled = asyncio.CancelledError(f"scope {self.name!r} was cancelled from outside")
            cancelled.__context__ = error
            return cancelled
        if cause is None:
            # A CancelledError that nobody asked for was raised by the block itself.
            return None if self._host.cancelled else error
        if cause is not error and cause.__traceback__ is None:
            # Our own DeadlineExceeded: where the block was waiting tells what took so long.
            cause.__cause__ = error
        return cause

    def _close(self) -> None:
        self._state = "closed"
        self._accepts = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._children:
            self._cancel_children(f"scope {self.name!r} was thrown away")
        parent = self._budget.parent
        self._closed(self._budget.close())
        if parent is not None and 2 * self._budget.spawned >= len(parent.live):
            parent.let_go()
        self._maps = None
        self._host.release()
        del self._on_done
        if self._places is not None:
            del self._on_done_placed
        token, self._token = self._token, None
        if token is not None:
            # Left in another context than entered, as generator-based fixtures do: that context
            # keeps an emptied budget, which counts as no scope.
            try:  # noqa: SIM105 - a third of the cost
                CURRENT.reset(token)
            except ValueError:
                pass

    def _closed(self, survivors: list[Ending]) -> None:
        """Take leave of counted tasks that live on, as they are not the scope's own; a hook."""

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
        later: BaseException | None = error
        if self._cause is None or isinstance(error, STOPPING):
            later, self._cause = self._cause, error
        if later is not self._cause:
            self._note(later)
        self._end(f"scope {self.name!r} failed: {shown(error)}")

    def _note(self, error: BaseException | None) -> None:
        if error is not None and len(self._errors) < KEPT_ERRORS:
            self._errors.append(error)

    def _end(self, reason: str) -> None:
        if self._reason is not None:
            return
        self._reason = reason
        self._accepts = False
        if self._state == "open":
            self._host.cancel(reason)
        self._cancel_children(reason)

    def _cancel_children(self, reason: str) -> None:
        if not self._loop.is_closed():
            for child in tuple(self._children):
                child.cancel(reason)

    def _child_done(self, child: asyncio.Task[Any]) -> None:
        children = self._children
        children.discard(child)
        if len(children) < self._few:
            self._has_few()
        if child.cancelled():
            return
        error = child.exception()
        if error is not None:
            self._failed += 1
            self._fail(error)

    def _has_few(self) -> None:
        """Note that children have become few: enough ended ones to let go, or none to wait for."""
        children = len(self._children)
        self._few = children // 2 if children >= KEPT_ENDED else 1
        if len(self._budget.live) >= KEPT_ENDED:
            self._budget.let_go()
        if self._idle is not None:
            self._wake_if_idle()

    def _placed_child_done(self, child: asyncio.Task[Any]) -> None:
        if self._places is not None:
            self._places.release()
        self._child_done(child)

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
        if asyncio.current_task(self._loop) is None:
            # A coroutine that is thrown away, not run, can clean up but not wait.
            return False
        while self._children or self._threads:
            self._idle = self._loop.create_future()
            self._few = max(self._few, 1)
            try:
                await self._idle
            except asyncio.CancelledError:
                cancelled = True
                self._end("the task that runs the scope was cancelled")
                self._cancel_children("the task that runs the scope was cancelled")
            finally:
                self._idle = None
        return cancelled

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """Failures beside the one that was raised, oldest first, 100 at most."""
        return tuple(self._errors)

    @property
    def reason(self) -> str | None:
        """Why the scope was ended early, in words; None if it was not."""
        return self._reason
