"""What one decision costs, in microseconds of the processor.

A flood is refused ten thousand times, so the refusal is what must be cheap.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from benchmarks.overload._scenarios import OBJECTIVE
from snowshed.core._budget import TaskBudget
from snowshed.errors import Overloaded
from snowshed.shed import AdaptiveLimiter, Admission, Admitted, DeadlineLimit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decision_us"]

ROUNDS = 20
REQUESTS = 2000
PLENTY = 1e6


class _Request:
    def __init__(self) -> None:
        self.counted = TaskBudget("GET /feed", 50)


def decision_us() -> dict[str, float]:
    """Return median microseconds: to be ``admitted``, to be ``refused``, and to have ``ended``."""
    limit = DeadlineLimit(initial_limit=PLENTY, max_limit=PLENTY)
    admission = Admission(AdaptiveLimiter("measured", limit=limit, objective=OBJECTIVE))
    request = _Request()
    open_: list[Admitted] = []

    def admit() -> None:
        open_.append(admission.offer("GET", "/feed"))

    def end() -> None:
        open_.pop().finish(request, failed=False)

    def refuse() -> None:
        with suppress(Overloaded):
            admission.offer("GET", "/feed")

    admitted, ended = _median_of(admit, end)
    held = admission.limiter.admit(PLENTY)
    (refused,) = _median_of(refuse)
    held.cancel()
    return {"admitted": admitted, "refused": refused, "ended": ended}


def _median_of(*steps: Callable[[], None]) -> list[float]:
    """Return the median microseconds of each step; of the first all are done before the next."""
    spent: list[list[float]] = [[] for _ in steps]
    for _ in range(ROUNDS):
        for step, times in zip(steps, spent, strict=True):
            began = time.thread_time()
            for _ in range(REQUESTS):
                step()
            times.append((time.thread_time() - began) / REQUESTS)
    return [round(sorted(times)[ROUNDS // 2] * 1e6, 2) for times in spent]


if __name__ == "__main__":
    print(decision_us())
