"""lock-across-channel: whoever holds a lock waits for a channel, the other side for the lock.

Looks for: waits for a lock of an object that another goroutine works on, which waits itself for
a channel, a WaitGroup or a condition; or, both for minutes, for a system call or a connection.

Why: a send, a receive or a ``Wait`` between ``Lock`` and ``Unlock`` makes everybody who wants the
lock wait for the other side of the channel; and if the other side wants the lock, too, for ever.

Evidence: the addresses of receiver and lock in the two stacks; proof of the collector. Both are
told: who waits for the lock, and who seems to hold it.

Against: addresses show who works on an object, not who holds its lock. A loop that waits for work
in a method of the object is not counted, unless the wait for the lock is proven or minutes old.

Silence: unlock before the send or the wait; copy under the lock what is to be sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail
from snowshed.doctor.causes._blame import suspicions_of
from snowshed.doctor.causes._python_locks import held_too_long
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._cause import Suspicion

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "lock-across-channel",
    Cause.CHANNEL_CASCADE,
    why="everybody who wants the lock waits for the other side of a channel, and the other "
    "side may want the lock",
    go="unlock before the send, the receive or the Wait; copy under the lock what is to be sent",
    python="do not wait for others while the lock is held: take out what is needed, give it back, "
    "and wait then; or give the wait a timeout",
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits for a lock behind one who waits for a channel, and who does."""
    yield from suspicions_of(case, DETAIL)
    yield from held_too_long(case, DETAIL)
