"""What happens to a spawn that the common path must not decide.

That is every spawn at its budget's mark, in a nested scope, in a request that is looked at in
detail, or in a request that has ended. Three questions, in order: is the request over (then the
task is *late*: noted by its site, never counted)? Is the task the request's own work (else it is
noted and not counted)? Is there room for it in every budget above it?
"""

from __future__ import annotations

import asyncio
import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from snowshed.attach._account import Account
from snowshed.attach._classify import Classifier, TaskClass
from snowshed.attach._refusal import throw_away
from snowshed.attach._task_factory import Verdict
from snowshed.integrations._request import RequestScope

if TYPE_CHECKING:
    from collections.abc import Callable

    from snowshed.core._budget import TaskBudget
    from snowshed.errors import BudgetExceeded


class SpawnDecision:
    """Decides for one runtime; a failure of its own switches it off, and everything is counted."""

    def __init__(
        self,
        classifier: Classifier,
        *,
        enforce: bool,
        note_late: Callable[[object, FrameType | None, FrameType | None], None],
        failed: Callable[[str], None],
    ) -> None:
        self._classifier = classifier
        self._enforce = enforce
        self._note_late = note_late
        self._failed = failed
        self._off = False
        # The frame that runs each loop: the end of every walk.
        self.loop_frames: dict[asyncio.AbstractEventLoop, FrameType] = {}

    def decide(
        self, budget: TaskBudget, loop: asyncio.AbstractEventLoop, coro: Any
    ) -> Verdict | BudgetExceeded:
        """See `snowshed.attach._task_factory.Turnstile`."""
        if not self._off:
            try:
                return self._decide(budget, loop, coro)
            except Exception:  # noqa: BLE001 - a task must be made whatever happens here
                self._off = True
                self._failed("judging tasks")
        # A closed budget has no loop.
        return Verdict.COUNT if budget.loop is loop else Verdict.IGNORE

    def _decide(
        self, budget: TaskBudget, loop: asyncio.AbstractEventLoop, coro: Any
    ) -> Verdict | BudgetExceeded:
        if budget.closed:
            self._note_late(coro, sys._getframe(2), self.loop_frames.get(loop))
            return Verdict.IGNORE
        if budget.loop is not loop:
            # A budget belongs to one thread; what others run in its context is not its own.
            return Verdict.IGNORE
        account = _account_of(budget)
        if account is not None and account.looks_at(budget):
            judged = account.judge(coro, sys._getframe(2), self.loop_frames.get(loop))
            if judged is not TaskClass.USER:
                return Verdict.IGNORE
        full = next((each for each in budget.lineage() if not each.has_room()), None)
        if full is None:
            return Verdict.COUNT
        return self._no_room(full, account, coro)

    def _no_room(
        self, full: TaskBudget, account: Account | None, coro: Any
    ) -> Verdict | BudgetExceeded:
        if not (self._enforce and full.enforced):
            if account is not None:
                account.excess += 1
            return Verdict.COUNT
        error = full.refuse()
        if isinstance(full.scope, RequestScope):
            full.scope.exceed(error)
        throw_away(self._classifier.layers(coro))
        return error


def _account_of(budget: TaskBudget) -> Account | None:
    for each in budget.lineage():
        if isinstance(each.watcher, Account):
            return each.watcher
    return None
