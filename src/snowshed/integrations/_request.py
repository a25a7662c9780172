"""The scope of one request, whatever protocol brought it.

A request is a scope with two more properties. It has phases: it is *handled* until the response
begins to flow, it *responds*, and what still runs when the response has gone is *after* it, with a
smaller budget of its own. And its budget counts tasks that the scope does not own, if something
counts them (see ``attach``): tasks of code that knows nothing of scopes. Such a task is not waited
for. When the request ends it is an outliver: reported, and where the policy enforces, cancelled
after a grace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from snowshed.core._budget import FIRST_MARK, OUTSIDE, Ending, TaskBudget
from snowshed.core._scope import TaskScope

if TYPE_CHECKING:
    from snowshed.errors import BudgetExceeded

__all__ = [
    "Policy",
    "Request",
    "RequestScope",
    "RequestWatcher",
    "Tally",
    "checked_policy",
    "is_around_this_task",
    "watch_requests",
    "watcher_of",
]

Phase = Literal["handling", "responding", "after"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What is asked of each request, and whether that is enforced.

    Attributes:
        budget: live tasks while the request is handled.
        timeout: seconds until the response must have begun; None: any time.
        enforce: False: count and report, change nothing.
        on_excess: ``reject`` fails the task over budget, ``cancel`` ends the whole request.
        after_budget: live tasks when the response has been sent.
        grace: seconds that tasks get between the end of their request and their cancellation.
    """

    budget: int | None = 50
    timeout: float | None = None
    enforce: bool = True
    on_excess: Literal["reject", "cancel"] = "reject"
    after_budget: int = 10
    grace: float = 1.0


def checked_policy(
    owner: str,
    *,
    budget: int | None,
    timeout: float | None,
    enforce: bool,
    on_excess: Literal["reject", "cancel"],
    after_budget: int,
    grace: float,
) -> Policy:
    """Return the policy; ``owner`` is named in errors.

    Raises:
        ValueError: a budget or time that is not positive.
    """
    for what, value in (("budget", budget), ("timeout", timeout), ("after_budget", after_budget)):
        if value is not None and not value > 0:
            msg = f"{owner}: {what} must be positive, not {value!r}"
            raise ValueError(msg)
    return Policy(
        budget=budget,
        timeout=timeout,
        enforce=enforce,
        on_excess=on_excess,
        after_budget=after_budget,
        grace=grace,
    )


class Request(Protocol):
    """What a watcher may know of a request.

    Attributes:
        name: verb and path.
        info: what the protocol knows of it (an ASGI scope).
        live_at_response: live tasks when the response went out.
    """

    name: str
    info: Any
    live_at_response: int

    @property
    def budgeted(self) -> int | None:
        """The budget that it began with; None: unbounded."""
        ...

    @property
    def counted(self) -> TaskBudget:
        """The tasks that live in it."""
        ...

    @property
    def reason(self) -> str | None:
        """Why it ended early; None if it did not."""
        ...


class RequestWatcher(Protocol):
    """Accounts for the tasks of one request that its scope does not own."""

    def own(self, tasks: Iterable[Ending]) -> list[asyncio.Task[Any]]:
        """Return those of ``tasks`` that are the request's own work and have not ended."""
        ...

    def ended(self, request: Request, outlived: list[asyncio.Task[Any]]) -> None:
        """Take note that the request has ended, and what of its own work has not."""
        ...


class Tally:
    """What those observed requests amount to that nobody had to make an account of.

    Attributes:
        sites_from: live tasks from which a request needs an account; None: from its budget on.
        open: requests that have not ended.
        ended: how many have.
        spawned: tasks of those.
    """

    __slots__ = ("ended", "first_mark", "open", "sites_from", "spawned")

    def __init__(self, sites_from: int | None) -> None:
        self.sites_from = sites_from
        # From so many on a request needs more than a list.
        self.first_mark = FIRST_MARK if sites_from is None else min(FIRST_MARK, sites_from)
        self.open: set[TaskBudget] = set()
        self.ended = 0
        self.spawned = 0


_watcher: Callable[[Request], RequestWatcher | None] | None = None
tally: Tally | None = None


def watch_requests(
    watcher: Callable[[Request], RequestWatcher | None] | None, counts: Tally | None = None
) -> None:
    """Have ``watcher(request)`` make the account of each request; None: nobody accounts.

    With ``counts`` a request that is only observed is counted there, and gets no account before
    there is something to put on it.
    """
    global _watcher, tally  # noqa: PLW0603 - one slot per process is the design
    _watcher = watcher
    tally = counts


def watcher_of(request: Request) -> RequestWatcher | None:
    """Return a new account for ``request``, if anybody accounts."""
    return None if _watcher is None else _watcher(request)


def is_around_this_task(budget: TaskBudget) -> bool:
    """Tell whether the running task itself has entered the scope of ``budget``.

    If not, the context is another request's: a server may start the next request of a connection
    from a callback of the former one, which need not be over (python/cpython#140947).
    """
    host = getattr(budget, "host", None)
    if host is None and budget.scope is not None:
        host = budget.scope._host.task
    return host is not None and host is asyncio.current_task()


def live_tasks(budget: TaskBudget) -> int:
    """Return how many tasks of the request's own live in its ``budget``."""
    live = budget.live_count() if budget.live else 0
    watcher = cast(RequestWatcher | None, budget.watcher)
    return live if watcher is None or not live else len(watcher.own(budget.live))


def after_budget(request: Request, policy: Policy) -> int:
    """Return how many tasks ``request`` may hold when its response has been sent."""
    return min(policy.after_budget, request.counted.limit)


class RequestScope(TaskScope):
    """The scope of one request; entered by the middleware of a protocol."""

    __slots__ = ("_grace", "budgeted", "info", "live_at_response", "phase", "policy", "watcher")

    def __init__(
        self,
        name: str,
        policy: Policy,
        *,
        timeout: float | None,
        budget: int | None,
        counted: TaskBudget | None = None,
    ) -> None:
        watched = counted is not None
        if counted is None:
            counted = TaskBudget(name, budget, enforced=policy.enforce)
        super().__init__(counted, timeout=timeout if policy.enforce else None)
        self.policy = policy
        self._grace: asyncio.TimerHandle | None = None
        self.phase: Phase = "handling"
        self.budgeted = budget
        self.live_at_response = 0
        # What the protocol knows of the request (an ASGI scope), for its report.
        self.info: Any = None
        if not watched:
            counted.watcher = watcher_of(self)
        self.watcher = cast(RequestWatcher | None, counted.watcher)

    def _join_parent(self, parent: TaskBudget) -> None:
        super()._join_parent(parent if is_around_this_task(parent) else OUTSIDE)

    def begin_response(self) -> None:
        """The first byte goes out: from now on streams may take their time."""
        if self.phase == "handling":
            self.phase = "responding"
            if self._deadline is not None:
                self._lift_deadline()

    def end_response(self) -> None:
        """The last byte is out: what starts from now on starts after the request."""
        if self.phase != "after":
            self.phase = "after"
            if self._state != "closed":
                self.live_at_response = live_tasks(self._budget)
                self._budget.resize(after_budget(self, self.policy))

    def exceed(self, error: BudgetExceeded) -> None:
        """Take note that a task over budget was refused; end the request if that is the policy."""
        if self.policy.on_excess == "cancel" and self._state == "open":
            self._fail(error)

    @property
    def counted(self) -> TaskBudget:
        """The tasks that live in the request."""
        return self._budget

    @property
    def refused(self) -> int:
        """How many tasks were refused."""
        return self._budget.refused

    def _end(self, reason: str) -> None:
        first = self._reason is None
        super()._end(reason)
        if first and self.watcher is not None and self._may_cancel:
            # The host unwinds first; what it does not end by itself is ended then.
            grace = self.policy.grace
            self._grace = self._loop.call_later(grace, self._cancel_live, context=Context())

    @property
    def _may_cancel(self) -> bool:
        return self.policy.enforce and not self._loop.is_closed()

    def _cancel_live(self) -> None:
        if self.watcher is not None:
            _cancel(self.watcher.own(self._budget.live), self._reason or "")

    def _closed(self, survivors: list[Ending]) -> None:
        watcher, self.watcher = self.watcher, None
        grace = self._rest_of_grace()
        if watcher is None:
            return
        outlived = watcher.own(survivors)
        if outlived and self._may_cancel:
            why = f"{self.name} has ended"
            self._loop.call_later(grace, _cancel, outlived, why, context=Context())
        watcher.ended(self, outlived)

    def _rest_of_grace(self) -> float:
        """Return the seconds that remain of it if the request was ended before; all if not."""
        timer, self._grace = self._grace, None
        if timer is None:
            return self.policy.grace
        timer.cancel()
        return max(timer.when() - self._loop.time(), 0.0)


def _cancel(tasks: Iterable[asyncio.Task[Any]], why: str) -> None:
    for task in tasks:
        task.cancel(why)
