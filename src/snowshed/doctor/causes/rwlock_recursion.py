"""rwlock-recursion: a reader takes the lock again while a writer waits.

Looks for: goroutines that wait in ``RWMutex.RLock`` while another waits in ``RWMutex.Lock``.

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

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._locks import locks_of
from snowshed.model import Cause, Related

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

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
    """Yield each group of readers that wait beside a writer, and have more against them."""
    locks = locks_of(case)
    writers = [wait for wait in locks.waits if wait.group.where.state == "sync.RWMutex.Lock"]
    for group in locks.groups():
        if group.where.state != "sync.RWMutex.RLock" or not writers:
            continue
        wait = next((each for each in locks.of(group) if each.lock is not None), None)
        calls = () if wait is None or wait.lock is None else wait.inside(wait.lock)
        same = [] if wait is None else [each for each in writers if each.lock == wait.lock]
        if len(calls) > 1 or group.leaked or case.all_asleep:
            writer = (same or writers)[0]
            yield Suspicion(
                DETAIL,
                group,
                0.6 if same and len(calls) > 1 else 0.35,
                waiting_is_wrong=len(calls) > 1,
                evidence=("a writer waits for the lock, and keeps new readers out",),
                against=() if group.leaked else ("the writer may be about to get its turn",),
                related=(Related(writer.group.where.at, "the writer waits here"),),
            )
