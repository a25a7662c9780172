"""lock-order: two goroutines hold a lock each and wait for that of the other.

Looks for: two waits for different locks, each in a method of the object that has the lock which the
other waits for.

Why: one path takes A and then B, another B and then A. It works until both run at once, and then
neither goes on, nor does whoever wants one of the two.

Evidence: the addresses of the receivers and of the locks in the two stacks; proof of the collector.

Against: addresses show who works on an object, not who holds its lock.

Silence: take the locks in one order everywhere, or let go of the first before the second is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._locks import locks_of
from snowshed.model import Cause, Related

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "lock-order",
    Cause.CHANNEL_CASCADE,
    why="one path takes A and then B, another B and then A: when both run at once, neither goes on",
    go="take the two locks in the same order everywhere, or release the first before the second",
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group of which one waits crosswise with another."""
    locks = locks_of(case)
    proven = locks.proven()
    for group in locks.groups():
        crossed = next(filter(None, map(locks.crossed, locks.of(group))), None)
        if crossed is not None:
            said = (
                f"goroutine {crossed.goroutine.id} waits for a lock of the object that these work "
                "on, and works on the object whose lock these wait for"
            )
            yield Suspicion(
                DETAIL,
                group,
                0.8,
                waiting_is_wrong=True,
                evidence=(said,),
                against=("addresses show who works on an object, not who holds its lock",),
                related=(Related(crossed.group.where.at, "the other waits here"),),
            )
        elif group in proven and len(proven) > 1:
            others = [other for other in proven if other is not group]
            said = f"{len(proven)} places wait for ever for a lock"
            places = tuple(Related(other.where.at, "so does this") for other in others[:3])
            yield Suspicion(DETAIL, group, 0.3, evidence=(said,), related=places)
