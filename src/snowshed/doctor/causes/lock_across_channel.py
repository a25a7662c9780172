"""lock-across-channel: whoever holds a lock waits for a channel, the other side for the lock.

Looks for: waits for a lock of an object that another goroutine works on, which waits itself for
a channel, a WaitGroup or a condition.

Why: a send, a receive or a ``Wait`` between ``Lock`` and ``Unlock`` makes everybody who wants the
lock wait for the other side of the channel; and if the other side wants the lock, too, for ever.

Evidence: the addresses of receiver and lock in the two stacks; proof of the collector.

Against: addresses show who works on an object, not who holds its lock.

Silence: unlock before the send or the wait; copy under the lock what is to be sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._locks import LOCK_STATES, locks_of
from snowshed.model import Cause, Related

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "lock-across-channel",
    Cause.CHANNEL_CASCADE,
    why="everybody who wants the lock waits for the other side of a channel, and the other "
    "side may want the lock",
    go="unlock before the send, the receive or the Wait; copy under the lock what is to be sent",
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits for a lock behind one who waits for a channel."""
    locks = locks_of(case)
    leaked = [g for g in case.groups if g.leaked and g.where.state not in LOCK_STATES]
    for group in locks.groups():
        holder = next(filter(None, map(locks.held_by_other, locks.of(group))), None)
        if holder is not None:
            at = holder.group.where.at
            said = (
                f"goroutine {holder.goroutine.id} works on the object that has the lock, and waits "
                f"itself: {holder.group.where.state}"
            )
            yield Suspicion(
                DETAIL,
                group,
                0.65,
                waiting_is_wrong=True,
                evidence=(said,),
                against=("addresses show who works on an object, not who holds its lock",),
                related=(Related(at, "who may hold the lock waits here"),),
            )
        elif group.leaked and leaked:
            said = f"{len(leaked)} other places wait for ever, for something else than a lock"
            place = Related(leaked[0].where.at, "this waits for ever, too")
            yield Suspicion(DETAIL, group, 0.32, evidence=(said,), related=(place,))
