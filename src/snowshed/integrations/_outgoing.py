"""What an outgoing call is told of the request that makes it, and how long it may take.

Without that each hop starts anew: the service behind works ten seconds on an answer for which its
caller has long given up, and starts fifty tasks for a request that had three left. With it the
time shrinks from hop to hop, and what nobody waits for is not begun.

Pure: `plan` decides from values. Only `situation` looks at where the code runs.

Three decisions that are not obvious:

* *The bound of a call is a little later than the deadline* (`SLACK`). Both would fire at once, and
  if the library's went first, a request over time would be answered with the error of a client
  library, a 500, and sometimes with the 504 that it is.
* *A budget that is used up is told as 1.* The header counts what the callee may start, and 0 reads
  as "nothing was said".
* *Clean-up has no deadline.* A scope that has expired has cancelled its own tasks; what these still
  call, they call to give something back. Any other task that calls after the deadline is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from snowshed.core import _clock
from snowshed.core._budget import CURRENT, NO_LIMIT, TaskBudget
from snowshed.errors import DeadlineExceeded
from snowshed.integrations._headers import (
    BUDGET,
    CRITICALITY,
    REQUEST_ID,
    TIMEOUT_MS,
    task_budget,
    timeout_ms,
)
from snowshed.integrations._observed import ObservedRequest
from snowshed.shed._baggage import NOTHING, Baggage, current_baggage

if TYPE_CHECKING:
    from snowshed.core._deadline import Deadline
    from snowshed.core._scope import TaskScope

__all__ = ["SLACK", "Plan", "Situation", "plan", "situation"]

# Timers of some loops count whole milliseconds.
SLACK = 0.002


class Situation(NamedTuple):
    """What the running code could hand on.

    Attributes:
        deadline: until when it may work; None: any time.
        budget: live tasks that it may still start, of every budget around it the least; None: any
            number.
        baggage: what its request carries.
    """

    deadline: Deadline | None = None
    budget: int | None = None
    baggage: Baggage = NOTHING


class Plan(NamedTuple):
    """What one outgoing call gets.

    Attributes:
        headers: names and values to set, those of the caller's own that are tightened included.
        timeout: seconds that are left of the deadline; None without one.
        scope: name of the scope that set the deadline.
    """

    headers: dict[str, str]
    timeout: float | None = None
    scope: str = ""


def plan(
    there: Situation,
    *,
    now: float,
    what: str,
    said: Callable[[str], str | None],
    own_timeout: float | None = None,
) -> Plan:
    """Return what a call is told and how long it may take.

    Args:
        there: where it is made.
        now: monotonic seconds.
        what: the call, for the error.
        said: returns the value of a header that the caller has set by itself, or None. Such a
            header stays as it is, but that a time or a budget is made tighter.
        own_timeout: seconds after which the caller gives up by itself; None: never.

    Raises:
        DeadlineExceeded: less than a millisecond is left, so the call should not be made.
    """
    headers: dict[str, str] = {}
    timeout = None
    deadline = there.deadline
    if deadline is not None:
        timeout = deadline.at - now
        if timeout * 1000 < 1:
            raise _too_late(deadline, what)
        own = timeout if own_timeout is None else min(timeout, own_timeout)
        _tell(headers, TIMEOUT_MS, max(int(own * 1000), 1), said, _whole_ms)
    if there.budget is not None:
        _tell(headers, BUDGET, max(there.budget, 1), said, task_budget)
    criticality, request_id = there.baggage.criticality, there.baggage.request_id
    if criticality is not None and said(CRITICALITY) is None:
        headers[CRITICALITY] = criticality.name.lower().replace("_", "-")
    if request_id is not None and said(REQUEST_ID) is None:
        headers[REQUEST_ID] = request_id
    return Plan(headers, timeout, "" if deadline is None else deadline.scope)


def _too_late(deadline: Deadline, what: str) -> DeadlineExceeded:
    error = DeadlineExceeded(deadline.scope, deadline.timeout)
    # As a TimeoutError it has an `errno`, by which aiohttp would take it for one of the system's.
    error.errno = None
    error.add_note(f"{what} was not sent: less than a millisecond was left for it")
    return error


def _whole_ms(value: str) -> float | None:
    seconds = timeout_ms(value)
    return None if seconds is None else seconds * 1000


def _tell(
    headers: dict[str, str],
    name: str,
    value: int,
    said: Callable[[str], str | None],
    read: Callable[[str], float | None],
) -> None:
    """Set header ``name``, unless the caller has said something tighter, or unreadable."""
    before = said(name)
    if before is not None:
        known = read(before)
        if known is None or known <= value:
            return
    headers[name] = str(value)


def situation() -> Situation:
    """Return what the running code could hand on. Cost: one ``done()`` for each live task."""
    baggage = current_baggage()
    budget = CURRENT.get()
    # One that is only observed has neither deadline nor budget, and asking would make it whole.
    if isinstance(budget, ObservedRequest) or budget.scope is None:
        return Situation(None, None, baggage)
    return Situation(_deadline_of(budget, budget.scope), tasks_left(budget), baggage)


def tasks_left(budget: TaskBudget) -> int | None:
    """Return how many tasks may still be started under ``budget``; None: any number."""
    rooms = [
        each.limit - each.live_count()
        for each in budget.lineage()
        if each.enforced and each.limit != NO_LIMIT
    ]
    return max(min(rooms), 0) if rooms else None


def _deadline_of(budget: TaskBudget, scope: TaskScope) -> Deadline | None:
    deadline = scope._deadline
    if deadline is None:
        return None
    now = _clock.now()
    if now >= deadline.at and _cleans_up(budget):
        return deadline.for_cleanup(now)
    return deadline


def _cleans_up(budget: TaskBudget) -> bool:
    """Tell whether the running task is one that a scope around it has cancelled as it ended."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    around = (each.scope for each in budget.lineage())
    ended = (scope for scope in around if scope is not None and scope.reason is not None)
    return any(task is scope._host.task or task in scope._children for scope in ended)
