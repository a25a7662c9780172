"""Opening a scope, and finding the one that the running code belongs to."""

from __future__ import annotations

import math

from snowshed.core._budget import CURRENT, TaskBudget
from snowshed.core._scope import TaskScope


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value > 0


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and value > 0


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not math.isnan(value)


def _wrong_count(name: str, what: str, value: object) -> Exception:
    if not isinstance(value, int):
        return TypeError(f"scope {name!r}: {what} must be a whole number, not {value!r}")
    return ValueError(f"scope {name!r}: {what} must be positive, not {value!r}")


def _wrong_time(name: str, what: str, value: object, wanted: str) -> Exception:
    if not isinstance(value, (int, float)):
        return TypeError(f"scope {name!r}: {what} must be a number, not {value!r}")
    return ValueError(f"scope {name!r}: {what} must be {wanted}, not {value!r}")


def open_scope(
    name: str,
    *,
    budget: int | None = 50,
    limit: int | None = None,
    timeout: float | None = None,
    deadline: float | None = None,
    light_below: float = 0.25,
    reserve: float = 0.0,
) -> TaskScope:
    """Return a scope, to be entered with ``async with``.

    Use it where a unit of work starts tasks: a request, a message, a batch. Inside another scope
    it becomes a child: its tasks count in both budgets and it inherits the earlier deadline.

    Args:
        name: for errors, statistics and metrics; keep the number of names small.
        budget: how many tasks may be alive at once below this scope, grandchildren and thread jobs
            included. Over it a spawn raises `BudgetExceeded`; it never waits. None: unbounded.
        limit: how many of the scope's own children may run at once; `TaskScope.spawn` waits for a
            place. None: any number.
        timeout: seconds until the work is cancelled.
        deadline: the same as an absolute time, in `time.monotonic` seconds. The earliest of both
            and the parent's deadline counts.
        light_below: share of the budget, 0 to 1; with less than this left `TaskScope.level` is
            ``light``.
        reserve: seconds of the time that are kept back for clean-up: work is cancelled that much
            before the deadline.

    Raises:
        TypeError: a budget or limit that is not a whole number, a time that is not a number.
        ValueError: a budget, limit or timeout that is not positive, a ``light_below`` outside 0..1,
            a negative ``reserve``.

    Semantics: trio's nursery, Go's errgroup with ``SetLimit``, Go's ``context.WithDeadline``.
    """
    if budget is not None and not _is_count(budget):
        raise _wrong_count(name, "budget", budget)
    if limit is not None and not _is_count(limit):
        raise _wrong_count(name, "limit", limit)
    if timeout is not None and not _is_positive(timeout):
        raise _wrong_time(name, "timeout", timeout, "positive")
    if deadline is not None and not _is_time(deadline):
        raise _wrong_time(name, "deadline", deadline, "a time")
    if not 0 <= light_below <= 1:
        msg = f"scope {name!r}: light_below must be between 0 and 1, not {light_below!r}"
        raise ValueError(msg)
    if not 0 <= reserve < math.inf:
        msg = f"scope {name!r}: reserve must be 0 or more seconds, not {reserve!r}"
        raise ValueError(msg)
    return TaskScope(
        TaskBudget(name, budget),
        limit=limit,
        timeout=timeout,
        deadline=deadline,
        light_below=light_below,
        reserve=reserve,
    )


def current_scope() -> TaskScope | None:
    """Return the scope that this code runs in, or None; in tasks and in threads.

    None also in a task that outlived its scope.
    """
    return CURRENT.get().scope


def remaining() -> float | None:
    """Return the seconds left until the current scope's deadline, or None without one.

    Fits everything that takes a timeout: ``client.get(url, timeout=snowshed.remaining())``. Never
    negative. Works in tasks and in threads.
    """
    scope = CURRENT.get().scope
    return None if scope is None else scope.remaining()
