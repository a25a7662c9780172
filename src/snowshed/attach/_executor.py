"""Thread jobs of unchanged code: they count in the request's budget, as its tasks do.

``[loop.run_in_executor(None, f, x) for x in items]`` is a fan-out without a task: all of it waits
in the executor's queue, which has no bound, and no task factory sees it. So ``submit`` of every
thread pool looks at the budget that is current where it is called. A job counts from there until
it has ended, queued or running. Where it is refused, ``submit`` returns a future that has failed
already; it does not raise, for the same reason as a task factory must not (see `_refusal`).

Only calls on the thread of the request's own event loop are looked at: budgets belong to a loop.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import Future
from types import ModuleType
from typing import Any

from snowshed.attach._task_factory import Turnstile, Verdict
from snowshed.core._budget import CURRENT, OUTSIDE
from snowshed.core._threads import ThreadJob
from snowshed.errors import BudgetExceeded


def count_thread_jobs(
    module: ModuleType, turnstile: Turnstile, failed: Callable[[str], None]
) -> None:
    """Have ``concurrent.futures.thread``, that is ``module``, count what requests submit."""
    submit = module.ThreadPoolExecutor.submit

    def judge(fn: Any) -> Verdict | BudgetExceeded:
        try:
            return _judge(turnstile, fn)
        except Exception:  # noqa: BLE001 - the job must run whatever happens here
            module.ThreadPoolExecutor.submit = submit
            failed("counting thread jobs")
            return Verdict.IGNORE

    @functools.wraps(submit)
    def counted_submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        verdict = judge(fn)
        if isinstance(verdict, BudgetExceeded):
            return _failed_future(verdict)
        future = submit(self, fn, *args, **kwargs)
        if verdict is Verdict.COUNT:
            CURRENT.get().add(future)
        return future

    module.ThreadPoolExecutor.submit = counted_submit


def _judge(turnstile: Turnstile, fn: Any) -> Verdict | BudgetExceeded:
    budget = CURRENT.get()
    loop = asyncio._get_running_loop()
    # A scope counts the jobs of its own `run_sync` itself.
    if budget is OUTSIDE or loop is None or budget.loop is not loop or isinstance(fn, ThreadJob):
        return Verdict.IGNORE
    if len(budget.live) < budget.mark or budget.make_room():
        return Verdict.COUNT
    return turnstile.decide(budget, loop, fn)


def _failed_future(error: BudgetExceeded) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future
