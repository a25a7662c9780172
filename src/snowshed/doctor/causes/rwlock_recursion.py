"""rwlock-recursion: a reader takes the lock again while a writer waits.

Looks for: goroutines that wait in ``RWMutex.RLock`` while another waits in ``RWMutex.Lock``, and
whose stack may have read already; and that other.

Why: a writer that waits keeps new readers out, so that it gets its turn. A reader that holds the
lock and asks for it again is such a new reader: it waits for the writer, and the writer for it.

Evidence: the same receiver in two calls of the reader's stack; readers and writer at the same lock;
proof of the collector.

Against: readers wait behind a writer all the time, for the moment that it writes.

Silence: take the read lock once, in the outermost call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail
from snowshed.doctor.causes._blame import suspicions_of
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._cause import Suspicion

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "rwlock-recursion",
    Cause.CHANNEL_CASCADE,
    why="a writer that waits keeps new readers out, and who reads already and asks again is "
    "a new reader",
    go="take the read lock once, in the outermost call: with a writer in between the second waits "
    "for the first",
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group of readers, or of writers, that wait for one who reads twice."""
    yield from suspicions_of(case, DETAIL)
