"""cond-never-signalled: ``Wait`` of a condition that nobody signals any more.

Looks for: goroutines that wait in ``sync.Cond.Wait``.

Why: the signal came before the wait, went to another waiter, or whoever should give it has ended.

Evidence: the collector has proven it; there are more from look to look; requests have waited there
for minutes.

Against: a pool of workers may be built on a condition, and is idle there.

Silence: check the condition under the lock before each wait, in a loop, and ``Broadcast`` when
those who wait are to end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._connections import held_up
from snowshed.doctor.causes._waits import proven_or_growing
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "cond-never-signalled",
    Cause.CHANNEL_CASCADE,
    why="the signal came before the wait, went to another waiter, or whoever should give it "
    "has ended",
    go="test the condition in a loop under the lock before each Wait, and Broadcast at the end",
)
_STATE = "sync.Cond.Wait"


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits for a condition, and has more against it than that."""
    for group in proven_or_growing(case, _STATE):
        yield Suspicion(DETAIL, group, 0.6)
    for group in case.groups:
        held = held_up(group) if group.where.state == _STATE else ()
        if held:
            yield Suspicion(DETAIL, group, 0.4, evidence=held)
