"""What happens to a spawn that the common path must not decide.

That is every spawn at its budget's mark, in a nested scope, in a request that is looked at in
detail, or in a request that has ended. Three questions, in order: is the request over (then the
task is *late*: noted, never counted)? Is the task the request's own work (else it is noted and
not counted)? Is there room for it in every budget above it?
"""

from __future__ import annotations

import asyncio
import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from snowshed.attach._account import Account
from snowshed.attach._classify import TaskClass
from snowshed.attach._refusal import born_failed
from snowshed.attach._task_factory import Verdict
from snowshed.core import _hooks
from snowshed.errors import BudgetExceeded
from snowshed.integrations._request import RequestScope

if TYPE_CHECKING:
    from snowshed.attach._runtime import Runtime
    from snowshed.core._budget import TaskBudget


class SpawnDecision:
    """Decides for one runtime; a failure of its own switches it off, and everything is counted."""

    def __init__(self, runtime: Runtime, *, enforce: bool) -> None:
        self._runtime = runtime
        self._enforce = enforce
        self._off = False
        # The frame that runs each loop: the end of every walk.
        self.loop_frames: dict[asyncio.AbstractEventLoop, FrameType] = {}

    def decide(
        self, budget: TaskBudget, loop: asyncio.AbstractEventLoop, coro: Any
    ) -> Verdict | asyncio.Task[Any]:
        """See `snowshed.attach._task_factory.Turnstile`."""
        if self._off:
            return Verdict.IGNORE if budget.closed else Verdict.COUNT
        try:
            return self._decide(budget, loop, coro)
        except Exception:  # noqa: BLE001 - a task must be made whatever happens here
            self._off = True
            self._runtime.failed("judging tasks")
            return Verdict.COUNT

    def _decide(
        self, budget: TaskBudget, loop: asyncio.AbstractEventLoop, coro: Any
    ) -> Verdict | asyncio.Task[Any]:
        if budget.closed:
            self._runtime.note_late(coro)
            return Verdict.IGNORE
        account = _account_of(budget)
        if account is not None and self._in_detail(account):
            judged = account.judge(coro, sys._getframe(2), self.loop_frames.get(loop))
            if judged is not TaskClass.USER:
                return Verdict.IGNORE
        full = next((each for each in budget.lineage() if not each.has_room()), None)
        if full is None:
            return Verdict.COUNT
        return self._no_room(full, account, loop, coro)

    @staticmethod
    def _in_detail(account: Account) -> bool:
        """Tell whether the request is looked at in detail; begin to, if it is time."""
        if not account.detailed and account.wants_detail():
            account.go_into_detail()
        return account.detailed

    def _no_room(
        self,
        full: TaskBudget,
        account: Account | None,
        loop: asyncio.AbstractEventLoop,
        coro: Any,
    ) -> Verdict | asyncio.Task[Any]:
        if not self._enforce:
            if account is not None:
                account.excess += 1
            return Verdict.COUNT
        live = len(full.live)
        full.refused += 1
        _hooks.refused(full.name, live, full.limit)
        request = full.scope
        if isinstance(request, RequestScope):
            error = request.exceed(live, full.limit)
        else:
            error = BudgetExceeded(full.name, live, full.limit)
        return born_failed(loop, coro, error)


def _account_of(budget: TaskBudget) -> Account | None:
    for each in budget.lineage():
        if isinstance(each.watcher, Account):
            return each.watcher
    return None
