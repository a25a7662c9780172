"""A request that is only watched: its tasks are counted, and nothing else happens to it.

Most services know nothing of scopes, and opening a scope around each of their requests costs ten
times as much as counting its tasks. What is counted is a `TaskBudget`, so here the request *is*
its budget, and most of a budget is not needed either: to count below the first mark takes a list
and the mark. So a request begins with these, and the rest is filled in when somebody first looks
at it. What runs between two requests is not in the processor's caches; there, each line of ours
costs several times what a benchmark of it alone shows.

A scope is opened around the request when somebody first looks for one: code that says
``current_scope()`` or ``open_scope`` finds what it would find in a request that is enforced.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from snowshed.core._budget import ALWAYS, NO_LIMIT, Ending, TaskBudget
from snowshed.integrations import _request
from snowshed.integrations._request import (
    Policy,
    RequestScope,
    RequestWatcher,
    after_budget,
    live_tasks,
    watcher_of,
)

if TYPE_CHECKING:
    from snowshed.core._scope import TaskScope

__all__ = ["ObservedRequest"]

_AT_ONCE = {"__weakref__", "live", "loop", "mark", "name", "scope", "watcher"}
_LATER = tuple(slot for slot in TaskBudget.__slots__ if slot not in _AT_ONCE)
# Threads may be the first to look, for instance by `current_scope`.
_filling = threading.RLock()


class ObservedRequest(TaskBudget):
    """The budget of one request that nothing is enforced on.

    Made in the task that handles the request, and made the current budget there until its `end`.
    """

    __slots__ = (
        "_filled",
        "_name_of",
        "_responded",
        "_tally",
        "host",
        "info",
        "live_at_response",
        "opened",
        "policy",
        "reason",
    )

    def __init__(self, name_of: Callable[[Any], str], info: Any, policy: Policy) -> None:
        self.live = []
        self.host: asyncio.Task[Any] | None = asyncio.current_task()
        self.policy = policy
        self.info = info
        self._name_of = name_of
        self.opened: RequestScope | None = None
        self.reason: str | None = None
        self.live_at_response = 0
        self._responded = self._filled = False
        self._tally = tally = _request.tally
        if tally is None:
            self._fill()
        else:
            limit = policy.budget
            mark = tally.first_mark
            self.mark = mark if limit is None or limit > mark else limit
            tally.open.add(self)

    def __getattr__(self, name: str) -> Any:
        """Fill in what has not been looked at before."""
        if self._filled:
            raise AttributeError(name)
        self._fill()
        return getattr(self, name)

    def _fill(self) -> None:
        with _filling:
            if self._filled:
                return
            self.name = "an ended request" if self.info is None else self._name_of(self.info)
            whole = TaskBudget(self.name, self.policy.budget, enforced=False)
            for slot in _LATER:
                setattr(self, slot, getattr(whole, slot))
            self.loop = self.watcher = None
            self._filled = True
            if self.host is None:
                self._next_sweep = NO_LIMIT
                return
            self.loop = self.host.get_loop()
            self.mark = self._next_sweep
            if self._tally is not None:
                self._tally.open.discard(self)
            self.watcher = watcher_of(self)
            if self._responded:
                self.resize(after_budget(self, self.policy))

    @property
    def budgeted(self) -> int | None:
        """The budget that it began with; None: unbounded."""
        return self.policy.budget

    @property
    def counted(self) -> TaskBudget:
        """The tasks that live in the request: itself."""
        return self

    @property
    def scope(self) -> TaskScope | None:
        """The scope around the request, opened now if it has not been; None after the end."""
        if self.opened is None and self.host is not None:
            with _filling:
                self._open(self.host)
        return self.opened

    @scope.setter
    def scope(self, scope: TaskScope | None) -> None:
        self.opened = cast(RequestScope | None, scope)

    def _open(self, host: asyncio.Task[Any]) -> None:
        if self.opened is None:
            scope = RequestScope(
                self.name, self.policy, timeout=None, budget=self.policy.budget, counted=self
            )
            scope.info = self.info
            scope.live_at_response = self.live_at_response
            scope.phase = "after" if self._responded else "handling"
            scope._begin(host, host.get_loop())
            self.opened = scope

    def end_response(self) -> None:
        """The last byte goes out: what starts from now on starts after the request."""
        if self._responded:
            return
        self._responded = True
        if self.opened is not None:
            self.opened.end_response()
        elif self._filled or (self.live and self._alive()):
            self.live_at_response = live_tasks(self)
            self.resize(after_budget(self, self.policy))
        elif self.mark > self.policy.after_budget:
            self.mark = self.policy.after_budget

    def _alive(self) -> list[Ending]:
        return [task for task in self.live if not task.done()]

    async def fail(self, error: BaseException) -> bool:
        """Leave by ``error``; tell whether that was only how a scope that was cancelled ends."""
        if self.opened is not None:
            return await self.opened.__aexit__(type(error), error, error.__traceback__)
        if isinstance(error, asyncio.CancelledError):
            self.reason = "the task that runs the request was cancelled"
        else:
            self.reason = f"{self.name} failed: {type(error).__name__}"
        return False

    def end(self) -> None:
        """Hand the account over, unless the scope has done that, and hold nothing any more."""
        tally = self._tally
        if tally is None or self._filled or (self.live and self._alive()):
            self._end_account()
        else:
            tally.open.discard(self)
            tally.ended += 1
            tally.spawned += len(self.live)
            self.live = []
            self.mark = ALWAYS
        self.info = self.host = None

    def _end_account(self) -> None:
        watcher = cast(RequestWatcher | None, self.watcher)
        if not self.closed:
            survivors = self.close()
            if watcher is not None:
                watcher.ended(self, watcher.own(survivors) if survivors else [])
