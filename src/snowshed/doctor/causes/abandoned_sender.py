"""abandoned-sender: a goroutine sends, and who should receive has left.

Looks for: goroutines that wait in ``chan send``, in the program's own code.

Why: whoever started it has stopped listening, mostly because it has returned early: on a timeout,
on an error, after the first of several answers. An unbuffered channel then holds the sender for
ever, with all that it has.

Evidence: the collector has proven that nobody can receive any more (``goroutineleak``); there are
more from look to look; the very same still wait; the goroutine that started them has ended; many
stand at the same line.

Against: a receiver that is slow looks the same in one look. That is back-pressure, and well.

Silence: a buffer with a place for each value that will be sent, or a ``select`` with
``ctx.Done()`` around the send.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._waits import said_of_orphans, stands_in_program, waiters_of_one
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "abandoned-sender",
    Cause.CHANNEL_CASCADE,
    why="whoever should receive has returned early, on a timeout, on an error, or after the "
    "first of several answers, and the channel has no room",
    go="give the channel a buffer for every value that is sent, "
    "or send in a select that also waits for ctx.Done()",
    python="receive until the channel is closed, or send with a timeout",
)
_STATES = frozenset({"chan send", "channel send", "queue put"})


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits for a receiver."""
    for group in case.groups:
        if group.where.state in _STATES and stands_in_program(group) and "nil" not in group.state:
            said = said_of_orphans(case, group)
            own = group.is_python and group.count > 1 and waiters_of_one(group) == 1
            if own:
                said = (*said, "each waits at one of its own, from which nobody takes")
            yield Suspicion(
                DETAIL,
                group,
                0.6 if said else 0.4,
                waiting_is_wrong=True,
                evidence=said,
                against=("a receiver that is slow looks the same in a single look",),
            )
