"""What one decision costs: microseconds of the processor for a request let in, and for one refused.

A flood is refused ten thousand times, so the refusal is what must be cheap.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from benchmarks.overload._scenarios import OBJECTIVE
from snowshed.core._budget import TaskBudget
from snowshed.errors import Overloaded
from snowshed.shed import AdaptiveLimiter, Admission

__all__ = ["decision_us"]

ROUNDS = 20
REQUESTS = 2000
FULL = 1e6


class _Request:
    def __init__(self) -> None:
        self.counted = TaskBudget("GET /feed", 50)


def decision_us() -> dict[str, float]:
    """Return the median microseconds of a decision: ``admitted`` with its end, and ``refused``."""
    admission = Admission(AdaptiveLimiter("measured", objective=OBJECTIVE))
    request = _Request()

    def let_in() -> None:
        admission.offer("GET", "/feed", (), None).finish(request, failed=False)

    def refuse() -> None:
        with suppress(Overloaded):
            admission.offer("GET", "/feed", (), None)

    admitted = _median_of(let_in)
    # More than the limit can grow to meanwhile.
    held = admission.limiter.admit(FULL)
    refused = _median_of(refuse)
    held.cancel()
    return {"admitted": admitted, "refused": refused}


def _median_of(decide: Callable[[], None]) -> float:
    spent = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(REQUESTS):
            decide()
        spent.append((time.thread_time() - began) / REQUESTS)
    return round(sorted(spent)[ROUNDS // 2] * 1e6, 2)


if __name__ == "__main__":
    print(decision_us())
