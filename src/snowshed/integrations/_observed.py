"""A request that is only watched: its tasks are counted, and nothing else happens to it.

Most services know nothing of scopes, and opening a scope around each of their requests costs ten
times as much as counting its tasks. What is counted is a `TaskBudget`, so here the request *is*
its budget. What else a request can have is made when somebody first looks for it:

* the rest of its budget, at the first mark: until then a list and the mark are all that counting
  takes. It begins as a `LightRequest`, and becomes an `ObservedRequest` by a change of class, not
  by a test in each method, as the spawns of both must find ``live`` and ``mark`` in a plain slot.
* its account, when so many tasks live that they are judged, or when some outlive it. A request
  that ends before is two numbers in a `Tally`.
* a scope around it: code that says ``current_scope()`` or ``open_scope`` finds what it would find
  in a request that is enforced.

Between two requests a service runs its own code, and ours is out of the processor's caches when it
comes back. So each line here costs several times what a benchmark of it alone shows.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from snowshed.core._budget import ALWAYS, TaskBudget
from snowshed.integrations import _request
from snowshed.integrations._request import (
    Policy,
    RequestScope,
    RequestWatcher,
    Tally,
    after_budget,
    live_tasks,
    watcher_of,
)

if TYPE_CHECKING:
    from snowshed.core._scope import TaskScope

__all__ = ["LightRequest", "ObservedRequest"]

# Threads may be the first to look, for instance by `current_scope`.
_making = threading.RLock()


class ObservedRequest(TaskBudget):
    """The budget of one request that nothing is enforced on."""

    __slots__ = (
        "_account",
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

    # Set by `LightRequest`.
    _account: object | None
    _name_of: Callable[[Any], str]
    _responded: bool
    _tally: Tally | None
    host: asyncio.Task[Any] | None
    info: Any
    live_at_response: int
    opened: RequestScope | None
    policy: Policy
    reason: str | None

    def _begin(self) -> None:
        """Become a whole budget, that of a request which has perhaps ended."""
        live, host = self.live, self.host
        name = "an ended request" if host is None else self._name_of(self.info)
        super().__init__(name, self.policy.budget, enforced=False)
        # What another thread has counted meanwhile is not lost.
        live += self.live
        self.live = live
        if host is None:
            self.close()
            return
        self.loop = host.get_loop()
        if self._tally is None:
            self.watcher = watcher_of(self)
        elif self._tally.sites_from is not None:
            self.notice_from(self._tally.sites_from)
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
    def watcher(self) -> object | None:
        """The account of the request, made now if it has not been; None after the end."""
        if self._account is None and self._tally is not None and self.loop is not None:
            with _making:
                self._make_account(self._tally)
        return self._account

    @watcher.setter
    def watcher(self, watcher: object | None) -> None:
        self._account = watcher

    def _make_account(self, tally: Tally) -> None:
        if self._account is None:
            # From now on it is counted with its account.
            tally.open.discard(self)
            self._tally = None
            self._account = watcher_of(self)

    @property
    def scope(self) -> TaskScope | None:
        """The scope around the request, opened now if it has not been; None after the end."""
        if self.opened is None and self.loop is not None and self.host is not None:
            with _making:
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
            return
        if self.live and self.live_count():
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
            tally = self._tally
            if tally is None or (self.live and self.live_count()):
                self._end_account()
            else:
                tally.open.discard(self)
                tally.ended += 1
                tally.spawned += self.spawned
                self.close()
        self.info = self.host = None

    def _end_account(self) -> None:
        watcher = cast(RequestWatcher | None, self.watcher)
        survivors = self.close()
        if watcher is not None:
            watcher.ended(self, watcher.own(survivors) if survivors else [])


class LightRequest(ObservedRequest):
    """An observed request that has few tasks and at which nobody has looked.

    Made in the task that handles the request, and made the current budget there until its `end`.
    """

    __slots__ = ()

    def __init__(self, name_of: Callable[[Any], str], info: Any, policy: Policy) -> None:
        self.live = []
        self._name_of = name_of
        self.host = asyncio.current_task()
        self.info = info
        self.policy = policy
        self.opened = self.reason = self._account = None
        self.live_at_response = 0
        self._responded = False
        self._tally = tally = _request.tally
        if tally is None:
            self._become_whole()
        else:
            tally.open.add(self)
            limit, mark = policy.budget, tally.first_mark
            self.mark = mark if limit is None or limit > mark else limit

    def _become_whole(self) -> None:
        with _making:
            if type(self) is LightRequest:
                self.__class__ = ObservedRequest  # type: ignore[assignment]
                self._begin()

    def _alive(self) -> bool:
        return not all(task.done() for task in self.live)

    def end_response(self) -> None:
        """See `ObservedRequest.end_response`."""
        if self.mark > self.policy.after_budget or (self.live and self._alive()):
            self._become_whole()
            self.end_response()
        self._responded = True

    def end(self) -> None:
        """See `ObservedRequest.end`."""
        tally = self._tally
        if tally is None or (self.live and self._alive()):
            self._become_whole()
            self.end()
            return
        tally.open.discard(self)
        tally.ended += 1
        tally.spawned += len(self.live)
        self.live = []
        self.mark = ALWAYS
        self.info = self.host = None


def _whole_when_read(name: str) -> property:
    slot = getattr(TaskBudget, name)

    def read(request: LightRequest) -> Any:
        request._become_whole()
        return slot.__get__(request)

    return property(read, slot.__set__)


for _name in {*TaskBudget.__slots__} - {"__weakref__", "live", "mark", "scope", "watcher"}:
    setattr(LightRequest, _name, _whole_when_read(_name))
