"""A request that is only watched: its tasks are counted, and nothing else happens to it.

Most services know nothing of scopes, and opening a scope around each of their requests costs four
times as much as counting its tasks. What is counted is a `TaskBudget`, so here the request *is*
its budget. A scope is opened around the request when somebody first looks for one: code that says
``current_scope()`` or ``open_scope`` finds what it would find in a request that is enforced.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, cast

from snowshed.core._budget import TaskBudget
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

# `current_scope` may be called in threads.
_opening = threading.Lock()


class ObservedRequest(TaskBudget):
    """The budget of one request that nothing is enforced on.

    Made in the task that handles the request, and made the current budget there until its `end`.
    """

    __slots__ = (
        "_responded",
        "budgeted",
        "host",
        "info",
        "live_at_response",
        "opened",
        "policy",
        "reason",
    )

    def __init__(self, name: str, policy: Policy, info: Any) -> None:
        # None until somebody looks for it.
        self.opened: RequestScope | None = None
        super().__init__(name, policy.budget, enforced=False)
        self.loop = loop = asyncio.get_running_loop()
        self.host = asyncio.current_task(loop)
        self._responded = False
        self.policy = policy
        self.budgeted = policy.budget
        self.info = info
        self.live_at_response = 0
        self.reason: str | None = None
        self.watcher = watcher_of(self)

    @property
    def counted(self) -> TaskBudget:
        """The tasks that live in the request: itself."""
        return self

    @property
    def scope(self) -> TaskScope | None:
        """The scope around the request, opened now if it has not been; None after the end."""
        if self.opened is None and self.loop is not None:
            with _opening:
                self._open(self.loop)
        return self.opened

    @scope.setter
    def scope(self, scope: TaskScope | None) -> None:
        self.opened = cast(RequestScope | None, scope)

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.opened is None and self.host is not None:
            scope = RequestScope(
                self.name, self.policy, timeout=None, budget=self.budgeted, counted=self
            )
            scope.info = self.info
            scope.live_at_response = self.live_at_response
            scope.phase = "after" if self._responded else "handling"
            scope._begin(self.host, loop)
            self.opened = scope

    def end_response(self) -> None:
        """The last byte goes out: what starts from now on starts after the request."""
        if self._responded:
            return
        self._responded = True
        if self.opened is not None:
            self.opened.end_response()
        else:
            self.live_at_response = live_tasks(self)
            self.resize(after_budget(self, self.policy))

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
        if not self.closed:
            watcher = cast(RequestWatcher | None, self.watcher)
            survivors = self.close()
            if watcher is not None:
                watcher.ended(self, watcher.own(survivors) if survivors else [])
        self.info = self.host = None
