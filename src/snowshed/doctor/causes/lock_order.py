"""lock-order: two goroutines hold a lock each and wait for that of the other.

Looks for: two waits for different locks, each in a method of the object that has the lock which the
other waits for.

Why: one path takes A and then B, another B and then A. It works until both run at once, and then
neither goes on, nor does whoever wants one of the two.

Evidence: the addresses of the receivers and of the locks in the two stacks, which prove it if both
wait for minutes; proof of the collector. Whoever waits behind the two is told, too.

Against: addresses show who works on an object, not who holds its lock.

Silence: take the locks in one order everywhere, or let go of the first before the second is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail
from snowshed.doctor.causes._blame import suspicions_of
from snowshed.doctor.causes._python_locks import in_a_circle
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._cause import Suspicion

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "lock-order",
    Cause.CHANNEL_CASCADE,
    why="one path takes A and then B, another B and then A: when both run at once, neither goes on",
    go="take the two locks in the same order everywhere, or release the first before the second",
    python="take the two locks in the same order everywhere, or release the first before the "
    "second; a timeout around the second wait ends it at least",
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group of which one waits crosswise with another."""
    yield from suspicions_of(case, DETAIL)
    yield from in_a_circle(case, DETAIL)
